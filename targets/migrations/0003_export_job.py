import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('targets', '0002_import_wizard'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ExportJob',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('asked_at', models.DateTimeField()),
                ('format', models.CharField(max_length=4)),
                ('cases', models.JSONField()),
                ('status', models.CharField(choices=[('waiting', 'waiting'), ('ready', 'ready'), ('failed', 'failed')], default='waiting', max_length=7)),
                ('done', models.PositiveIntegerField(default=0)),
                ('claimed_until', models.DateTimeField(blank=True, null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('path', models.CharField(blank=True, max_length=80)),
                ('problems', models.JSONField(default=list)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'export of many tables',
                'ordering': ['asked_at'],
                'indexes': [models.Index(fields=['status', 'asked_at'], name='export_in_order')],
            },
        ),
    ]
