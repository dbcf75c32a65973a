from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reporting", "0006_holds_turns_and_forms")]

    operations = [
        migrations.AlterField(
            model_name="mailchoice",
            name="names",
            field=models.CharField(
                choices=[
                    ("nobody", "No pupil"),
                    ("initials", "Initials and form"),
                    ("full", "Full name and form"),
                ],
                max_length=10,
            ),
        ),
    ]
