"""The addresses of exports, of the county's Word template and of review sheets; targets.urls includes them."""

from django.urls import URLPattern, path

from targets.views import exports, word_templates

urlpatterns: list[URLPattern] = [
    path("tables/exports", exports.job_list, name="table_export_jobs"),
    path("tables/exports/<uuid:pk>/cancel", exports.job_cancel, name="table_export_cancel"),
    path("tables/template/<slug:kind>", exports.template, name="table_blank"),
    path("tables/<slug:number>/review-sheet/<slug:format>", exports.review_sheet, name="review_sheet"),
    path("tables/word-template", word_templates.word_template_list, name="word_templates"),
    path("tables/word-template/shipped.docx", word_templates.word_template_shipped, name="word_template_shipped"),
    path("tables/word-template/return", word_templates.word_template_return, name="word_template_return"),
    path("tables/word-template/<int:pk>/file", word_templates.word_template_file, name="word_template_file"),
    path("tables/word-template/<int:pk>/preview", word_templates.word_template_preview, name="word_template_preview"),
    path("tables/word-template/<int:pk>/activate", word_templates.word_template_activate,
         name="word_template_activate"),
]
