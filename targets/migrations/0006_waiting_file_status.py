from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("targets", "0005_execution")]

    operations = [
        migrations.RemoveIndex(model_name="waitingfile", name="file_by_state"),
        migrations.RenameField(model_name="waitingfile", old_name="state", new_name="status"),
        migrations.AddIndex(model_name="waitingfile", index=models.Index(fields=["status", "id"], name="file_by_status")),
    ]
