//! The triggers of the tables of models.

use portcullis_sql::{Cell, Dialect, LimitedTransaction};

use crate::error::LiveError;
use crate::live::Inner;
use crate::model::{Kind, Model};
use crate::sql::quoted;

/// What every trigger's name starts with.
const PREFIX: &str = "portcullis_change";

/// What triggers of PostgreSQL run: with the model, the column of its key, and the columns that are kept.
const FUNCTION: &str = "CREATE OR REPLACE FUNCTION portcullis_change() RETURNS trigger \
     LANGUAGE plpgsql AS $$ \
     DECLARE kept text; row jsonb; \
     BEGIN \
       IF current_setting('portcullis.writing', true) = '1' THEN RETURN NULL; END IF; \
       IF TG_OP <> 'INSERT' THEN \
         SELECT jsonb_object_agg(e.key, e.value)::text INTO kept \
         FROM jsonb_each(to_jsonb(OLD)) e WHERE e.key = ANY (TG_ARGV[2:]); \
       END IF; \
       IF TG_OP = 'DELETE' THEN row = to_jsonb(OLD); ELSE row = to_jsonb(NEW); END IF; \
       INSERT INTO portcullis_change (model, operation, key, before) \
       VALUES (TG_ARGV[0], lower(left(TG_OP, 1)), row ->> TG_ARGV[1], kept); \
       RETURN NULL; \
     END $$";

/// The columns that rules can be about. Passwords stay where they are.
pub(super) fn kept(model: &Model) -> Vec<&str> {
    let fields = model.fields.iter().filter(|field| {
        let is_plain = matches!(
            field.kind(),
            Kind::Auto
                | Kind::Integer
                | Kind::Boolean
                | Kind::Date
                | Kind::Time
                | Kind::DateTime
                | Kind::Uuid
        );
        (is_plain || field.kind().is_text()) && field.column != "password"
    });
    fields.map(|field| field.column.as_str()).collect()
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Adds what is missing, and makes anew what is about other columns.
pub(super) async fn add(live: &Inner) -> Result<(), LiveError> {
    let mut transaction = live.database.begin().await?;
    match transaction.dialect() {
        Dialect::Sqlite => add_to_sqlite(live, &mut transaction).await?,
        Dialect::Postgres => add_to_postgres(live, &mut transaction).await?,
    }
    Ok(transaction.commit().await?)
}

async fn add_to_sqlite(
    live: &Inner,
    transaction: &mut LimitedTransaction,
) -> Result<(), LiveError> {
    for model in live.registry.models() {
        for (word, of) in [("insert", "NEW"), ("update", "NEW"), ("delete", "OLD")] {
            let name = format!("{PREFIX}_{}_{word}", model.table);
            let pairs = kept(model);
            let pairs = pairs
                .iter()
                .map(|column| format!("{}, OLD.{}", literal(column), quoted(column)));
            let before = match word {
                "insert" => "NULL".to_owned(),
                _ => format!("json_object({})", pairs.collect::<Vec<_>>().join(", ")),
            };
            let sql = format!(
                "CREATE TRIGGER {} AFTER {} ON {} \
                 WHEN (SELECT is_ours FROM portcullis_writing) = 0 BEGIN \
                 INSERT INTO portcullis_change (model, operation, key, before) \
                 VALUES ({}, '{}', CAST({of}.{} AS text), {before}); END",
                quoted(&name),
                word.to_uppercase(),
                quoted(&model.table),
                literal(model.name()),
                &word[..1],
                quoted(&model.pk().column),
            );
            let known = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = ?1";
            let known = transaction.rows(known, &[name.clone().into()]).await?;
            let known = known.first().and_then(|row| row.cells().first().cloned());
            if known == Some(Cell::Text(sql.clone())) {
                continue;
            }
            let drop = format!("DROP TRIGGER IF EXISTS {}", quoted(&name));
            transaction.execute(&drop, &[]).await?;
            transaction.execute(&sql, &[]).await?;
        }
    }
    Ok(())
}

async fn add_to_postgres(
    live: &Inner,
    transaction: &mut LimitedTransaction,
) -> Result<(), LiveError> {
    transaction
        .execute("SET LOCAL lock_timeout = '2s'", &[])
        .await?;
    transaction.execute(FUNCTION, &[]).await?;
    for model in live.registry.models() {
        let mut arguments = vec![model.name(), model.pk().column.as_str()];
        arguments.extend(kept(model));
        let known = format!(
            "SELECT encode(tgargs, 'escape') FROM pg_trigger WHERE tgname = '{PREFIX}' \
             AND tgrelid = to_regclass({}) AND tgenabled IN ('O', 'A')",
            literal(&quoted(&model.table))
        );
        let known = transaction.rows(&known, &[]).await?;
        let known = known.first().and_then(|row| row.cells().first().cloned());
        let wanted: String = arguments
            .iter()
            .map(|text| format!("{text}\\000"))
            .collect();
        if known == Some(Cell::Text(wanted)) {
            continue;
        }
        let table = quoted(&model.table);
        let drop = format!("DROP TRIGGER IF EXISTS {PREFIX} ON {table}");
        transaction.execute(&drop, &[]).await?;
        let arguments: Vec<String> = arguments.into_iter().map(literal).collect();
        let sql = format!(
            "CREATE TRIGGER {PREFIX} AFTER INSERT OR UPDATE OR DELETE ON {table} \
             FOR EACH ROW EXECUTE FUNCTION portcullis_change({})",
            arguments.join(", ")
        );
        transaction.execute(&sql, &[]).await?;
    }
    Ok(())
}

/// Takes out all of them, also of tables that are no model's any more.
pub(super) async fn remove(live: &Inner) -> Result<usize, LiveError> {
    let mut transaction = live.database.begin().await?;
    let is_postgres = transaction.dialect() == Dialect::Postgres;
    let found = match is_postgres {
        true => format!(
            "SELECT tgname::text, relname::text FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid \
             WHERE tgname = '{PREFIX}' AND c.relnamespace = current_schema()::regnamespace"
        ),
        false => format!(
            "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE '{PREFIX}\\_%' ESCAPE '\\'"
        ),
    };
    let mut count = 0;
    for row in transaction.rows(&found, &[]).await? {
        let [Cell::Text(name), Cell::Text(table)] = row.cells() else {
            continue;
        };
        let sql = match is_postgres {
            true => format!("DROP TRIGGER {} ON {}", quoted(name), quoted(table)),
            false => format!("DROP TRIGGER {}", quoted(name)),
        };
        transaction.execute(&sql, &[]).await?;
        count += 1;
    }
    if count == 0 {
        return Ok(0);
    }
    if is_postgres {
        let sql = "DROP FUNCTION IF EXISTS portcullis_change()";
        transaction.execute(sql, &[]).await?;
    }
    transaction.commit().await?;
    Ok(count)
}
