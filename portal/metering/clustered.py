"""A table whose rows lie in the order of their key, so that a range of days is a few neighbouring pages."""

from __future__ import annotations

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState


class CreateClusteredModel(migrations.CreateModel):
    """Creates a model's table; on SQLite without row numbers, so that the primary key is the table.

    On PostgreSQL the table is a heap with an index, as every table there. SQLite copies a table when a
    column changes: a migration that does so has to create the new table by this operation too.
    """

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        if schema_editor.connection.vendor != "sqlite":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            create_table, parameters = schema_editor.table_sql(model)
            schema_editor.execute(f"{create_table} WITHOUT ROWID", parameters)
            for index in model._meta.indexes:  # noqa: SLF001  Django's documented door to a model
                schema_editor.add_index(model, index)

    def describe(self) -> str:
        """Shown by `migrate --plan`."""
        return f"{super().describe()}, rows in the order of the key"
