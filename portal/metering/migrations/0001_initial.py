
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from portal.metering.clustered import CreateClusteredModel


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
    ]

    operations = [
        CreateClusteredModel(
            name='DayRevision',
            fields=[
                ('pk', models.CompositePrimaryKey('household_id', 'register_id', 'day', 'revision', blank=True, editable=False, primary_key=True, serialize=False)),
                ('household_id', models.BigIntegerField()),
                ('register_id', models.BigIntegerField()),
                ('start_value', models.BigIntegerField(null=True)),
                ('total', models.BigIntegerField(null=True)),
                ('known_from', models.BigIntegerField()),
                ('known_until', models.BigIntegerField()),
                ('day', models.IntegerField()),
                ('quality', models.SmallIntegerField()),
                ('revision', models.SmallIntegerField()),
                ('complete', models.BooleanField()),
                ('reason', models.CharField(max_length=16)),
                ('source', models.CharField(max_length=80)),
                ('profile', models.BinaryField(null=True)),
            ],
            options={
                'db_table': 'metering_dayrevision',
            },
        ),
        CreateClusteredModel(
            name='LatestRow',
            fields=[
                ('pk', models.CompositePrimaryKey('household_id', 'register_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('household_id', models.BigIntegerField()),
                ('register_id', models.BigIntegerField()),
                ('at', models.BigIntegerField()),
                ('received_at', models.BigIntegerField()),
                ('value', models.BigIntegerField()),
                ('open_start', models.BigIntegerField(null=True)),
                ('quality', models.SmallIntegerField()),
                ('open_marks', models.SmallIntegerField()),
                ('authenticity', models.CharField(max_length=16)),
                ('source', models.CharField(max_length=80)),
                ('open_facts', models.BinaryField(null=True)),
            ],
            options={
                'db_table': 'metering_latest',
            },
        ),
        CreateClusteredModel(
            name='MonthRow',
            fields=[
                ('pk', models.CompositePrimaryKey('household_id', 'register_id', 'month', blank=True, editable=False, primary_key=True, serialize=False)),
                ('household_id', models.BigIntegerField()),
                ('register_id', models.BigIntegerField()),
                ('total', models.BigIntegerField(null=True)),
                ('month', models.IntegerField()),
                ('quality', models.SmallIntegerField()),
                ('complete', models.BooleanField()),
            ],
            options={
                'db_table': 'metering_month',
            },
        ),
        CreateClusteredModel(
            name='SampleChunk',
            fields=[
                ('pk', models.CompositePrimaryKey('household_id', 'meter_id', 'first_at', blank=True, editable=False, primary_key=True, serialize=False)),
                ('household_id', models.BigIntegerField()),
                ('meter_id', models.BigIntegerField()),
                ('first_at', models.BigIntegerField()),
                ('samples', models.BinaryField()),
            ],
            options={
                'db_table': 'metering_samples',
            },
        ),
        CreateClusteredModel(
            name='DayRow',
            fields=[
                ('pk', models.CompositePrimaryKey('household_id', 'register_id', 'day', blank=True, editable=False, primary_key=True, serialize=False)),
                ('household_id', models.BigIntegerField()),
                ('register_id', models.BigIntegerField()),
                ('start_value', models.BigIntegerField(null=True)),
                ('total', models.BigIntegerField(null=True)),
                ('minimum', models.BigIntegerField(null=True)),
                ('maximum', models.BigIntegerField(null=True)),
                ('known_from', models.BigIntegerField()),
                ('day', models.IntegerField()),
                ('quality', models.SmallIntegerField()),
                ('revision', models.SmallIntegerField()),
                ('complete', models.BooleanField()),
                ('anchored', models.BooleanField()),
                ('settled', models.BooleanField()),
                ('profile', models.BinaryField(null=True)),
                ('facts', models.BinaryField(null=True)),
            ],
            options={
                'db_table': 'metering_day',
                'indexes': [models.Index(condition=models.Q(('settled', False)), fields=['household_id'], name='unsettled_days')],
            },
        ),
        migrations.CreateModel(
            name='Meter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ident', models.CharField(max_length=64)),
                ('commodity', models.CharField(max_length=24)),
                ('name', models.CharField(blank=True, max_length=80, verbose_name='name')),
                ('role', models.CharField(choices=[('main', 'Main meter'), ('sub', 'Sub-meter')], default='main', max_length=8, verbose_name='role')),
                ('installed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('removed_at', models.DateTimeField(blank=True, null=True)),
                ('household', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='meters', to='accounts.household')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='Register',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('household_id', models.BigIntegerField()),
                ('obis', models.CharField(max_length=24)),
                ('quantity', models.CharField(max_length=40)),
                ('phase', models.SmallIntegerField(default=0)),
                ('tariff', models.SmallIntegerField(default=0)),
                ('slot', models.SmallIntegerField()),
                ('resolution_thousandths', models.BigIntegerField(null=True)),
                ('meter', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='registers', to='metering.meter')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='Shelf',
            fields=[
                ('household', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='shelf', serialize=False, to='accounts.household')),
                ('raw_hours', models.PositiveIntegerField(db_default=24, default=24, verbose_name='raw readings kept (hours)')),
                ('profile_months', models.PositiveIntegerField(blank=True, null=True, verbose_name='profiles kept (months)')),
                ('token', models.BigIntegerField(db_default=0, default=0)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('raw_hours__range', (1, 8784))), name='raw_hours_bounded'), models.CheckConstraint(condition=models.Q(('profile_months', None), ('profile_months__gte', 36), _connector='OR'), name='profiles_kept_three_years')],
            },
        ),
        migrations.AddConstraint(
            model_name='meter',
            constraint=models.UniqueConstraint(fields=('household', 'ident'), name='one_meter_per_ident_and_household'),
        ),
        migrations.AddConstraint(
            model_name='meter',
            constraint=models.CheckConstraint(condition=models.Q(('commodity__in', ['abstract', 'electricity', 'gas', 'heat', 'cooling', 'cold_water', 'hot_water', 'heat_cost_allocation'])), name='known_commodity'),
        ),
        migrations.AddConstraint(
            model_name='meter',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ['main', 'sub'])), name='known_meter_role'),
        ),
        migrations.AddIndex(
            model_name='register',
            index=models.Index(fields=['household_id', 'quantity'], name='register_by_quantity'),
        ),
        migrations.AddConstraint(
            model_name='register',
            constraint=models.UniqueConstraint(fields=('meter', 'obis'), name='one_register_per_obis_and_meter'),
        ),
        migrations.AddConstraint(
            model_name='register',
            constraint=models.UniqueConstraint(fields=('meter', 'slot'), name='one_register_per_slot_and_meter'),
        ),
        migrations.AddConstraint(
            model_name='register',
            constraint=models.CheckConstraint(condition=models.Q(('phase__range', (0, 3))), name='known_phase'),
        ),
        migrations.AddConstraint(
            model_name='register',
            constraint=models.CheckConstraint(condition=models.Q(('tariff__range', (0, 63))), name='known_tariff'),
        ),
    ]
