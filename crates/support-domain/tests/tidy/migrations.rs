//! Migrations come in pairs, for both backends, and on PostgreSQL stay in the desk's own schema.

use std::collections::{BTreeMap, BTreeSet};

use super::hold;
use super::tree::Tree;

const BACKENDS: [&str; 2] = ["postgres", "sqlite"];
const SCHEMA: &str = "support_chat";

/// Objects that stand in a schema, under a name that a statement can qualify.
const NAMED: &[&str] = &[
    "aggregate",
    "collation",
    "domain",
    "function",
    "procedure",
    "routine",
    "sequence",
    "statistics",
    "table",
    "type",
    "view",
];

/// Objects that belong to a table: their own name is not qualified, the table's after ON is.
const ON_A_TABLE: &[&str] = &["policy", "rule", "trigger"];

/// Words between CREATE, ALTER or DROP and the kind of the object.
const BEFORE_THE_KIND: &[&str] =
    &["or", "replace", "unique", "materialized", "recursive", "unlogged", "constraint", "global", "local"];

/// Words between the kind of the object and its name.
const BEFORE_THE_NAME: &[&str] = &["concurrently", "if", "not", "exists", "only"];

fn unpaired(tree: &Tree) -> Vec<String> {
    // Each folder's name, with what stands in it on each backend.
    let mut folders: BTreeMap<&str, BTreeSet<(&str, &str)>> = BTreeMap::new();
    let mut offenders = Vec::new();
    for file in &tree.files {
        match file.path.split('/').collect::<Vec<_>>()[..] {
            ["migrations", backend, folder, name] if BACKENDS.contains(&backend) => {
                folders.entry(folder).or_default().insert((backend, name));
            }
            ["migrations", "README.md"] => {}
            ["migrations", ..] => offenders.push(format!("{}: not migrations/<backend>/<folder>/<file>", file.path)),
            _ => {}
        }
    }
    if folders.is_empty() {
        offenders.push("migrations: none".to_owned());
    }
    for (folder, files) in folders {
        for backend in BACKENDS {
            for name in ["up.sql", "down.sql"] {
                if !files.contains(&(backend, name)) {
                    offenders.push(format!("migrations/{backend}/{folder}/{name}: missing"));
                }
            }
        }
    }
    offenders
}

fn outside_the_schema(tree: &Tree) -> Vec<String> {
    let ours = |path: &str| path.starts_with("migrations/postgres/") && path.ends_with(".sql");
    let mut offenders = Vec::new();
    for file in tree.files.iter().filter(|file| ours(&file.path)) {
        for statement in words(&file.text).split(|word| word == ";") {
            let words: Vec<&str> = statement.iter().map(String::as_str).collect();
            if let Err(reason) = check(&words) {
                let start = words[..words.len().min(8)].join(" ");
                offenders.push(format!("{}: {start} ...: {reason}", file.path));
            }
        }
    }
    offenders
}

/// Whether whatever a statement creates, alters, drops or refers to is named in the desk's schema.
fn check(statement: &[&str]) -> Result<(), String> {
    let Some((verb, mut rest)) = statement.split_first() else { return Ok(()) };
    if *verb == "do" {
        return Err("what a DO block does cannot be read here".to_owned());
    }
    for (at, _) in statement.iter().enumerate().filter(|(_, word)| **word == "references") {
        qualified(statement.get(at + 1))?;
    }
    if !["create", "alter", "drop"].contains(verb) {
        return Ok(());
    }
    rest = after(rest, BEFORE_THE_KIND);
    let Some((kind, rest)) = rest.split_first() else { return Err("no object".to_owned()) };
    let rest = after(rest, BEFORE_THE_NAME);
    match *kind {
        "schema" if *verb != "drop" && rest.first() == Some(&SCHEMA) => Ok(()),
        "schema" => Err(format!("only {SCHEMA} is ours, and it is never dropped")),
        "index" if *verb == "create" => qualified(table_after_on(rest)),
        kind if ON_A_TABLE.contains(&kind) => qualified(table_after_on(rest)),
        kind if NAMED.contains(&kind) || kind == "index" => {
            // Only DROP takes several names; what stands in parentheses are columns or arguments.
            let mut depth = 0;
            let mut is_name = true;
            for word in rest {
                match *word {
                    "(" => depth += 1,
                    ")" => depth -= 1,
                    "," if depth == 0 => is_name = *verb == "drop",
                    _ if is_name => {
                        qualified(Some(word))?;
                        is_name = false;
                    }
                    _ => {}
                }
            }
            Ok(())
        }
        kind => Err(format!("{kind} does not stand in a schema")),
    }
}

fn qualified(name: Option<&&str>) -> Result<(), String> {
    match name.and_then(|name| name.split_once('.')) {
        Some((SCHEMA, _)) => Ok(()),
        _ => Err(format!("{} is not {SCHEMA}.something", name.unwrap_or(&"nothing"))),
    }
}

fn table_after_on<'a, 'b>(rest: &'a [&'b str]) -> Option<&'a &'b str> {
    let on = rest.iter().position(|word| *word == "on")?;
    after(&rest[on + 1..], BEFORE_THE_NAME).first()
}

fn after<'a, 'b>(words: &'a [&'b str], skipped: &[&str]) -> &'a [&'b str] {
    let start = words.iter().position(|word| !skipped.contains(word)).unwrap_or(words.len());
    &words[start..]
}

/// The words of an SQL text in lower case, names with their dots and without their quotes, and its punctuation;
/// without comments and without what stands in strings.
fn words(sql: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("--") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if first == '\'' {
            closing(rest, "'")
        } else if let Some(tag) = dollar_quote(rest) {
            closing(rest, tag)
        } else if is_of_a_name(first) {
            let length = rest.find(|c| !is_of_a_name(c)).unwrap_or(rest.len());
            words.push(rest[..length].replace('"', "").to_lowercase());
            length
        } else {
            if !first.is_whitespace() {
                words.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    words
}

fn is_of_a_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '"')
}

/// The length of a string from its opening quote to behind its closing one.
fn closing(rest: &str, quote: &str) -> usize {
    rest[quote.len()..].find(quote).map_or(rest.len(), |end| quote.len() + end + quote.len())
}

/// `$$` or `$tag$`, if that is what comes next.
fn dollar_quote(rest: &str) -> Option<&str> {
    let tag_end = rest.strip_prefix('$')?.find(|c: char| !c.is_alphanumeric() && c != '_')? + 1;
    rest[tag_end..].starts_with('$').then(|| &rest[..=tag_end])
}

#[test]
fn every_migration_goes_up_and_down_on_both_backends() {
    hold("each migration has up.sql and down.sql in both backends", &unpaired(&Tree::of_the_project()));
}

#[test]
fn postgres_migrations_touch_only_the_schema_of_the_desk() {
    hold("nothing outside support_chat is created, altered or dropped", &outside_the_schema(&Tree::of_the_project()));
}

#[test]
fn a_migration_without_its_pair_is_noticed() {
    let tree = Tree::of(&[
        ("migrations/README.md", ""),
        ("migrations/NOTES.md", ""),
        ("migrations/postgres/1_a/up.sql", ""),
        ("migrations/postgres/1_a/down.sql", ""),
        ("migrations/sqlite/1_a/up.sql", ""),
        ("migrations/sqlite/1_a/down.sql", ""),
        ("migrations/postgres/2_b/up.sql", ""),
        ("migrations/sqlite/2_c/up.sql", ""),
        ("migrations/sqlite/2_c/down.sql", ""),
    ]);
    let expected = [
        "migrations/NOTES.md: not migrations/<backend>/<folder>/<file>",
        "migrations/postgres/2_b/down.sql: missing",
        "migrations/sqlite/2_b/up.sql: missing",
        "migrations/sqlite/2_b/down.sql: missing",
        "migrations/postgres/2_c/up.sql: missing",
        "migrations/postgres/2_c/down.sql: missing",
    ];
    assert_eq!(unpaired(&tree), expected);
    assert_eq!(unpaired(&Tree::of(&[])), ["migrations: none"]);
}

#[test]
fn a_statement_outside_the_schema_is_noticed() {
    let offending = [
        "CREATE TABLE conversations (id uuid)",
        "create table if not exists public.x (id uuid)",
        "CREATE UNLOGGED TABLE x ()",
        "CREATE TEMP TABLE x ()",
        "CREATE TABLE support_chat.a (b uuid REFERENCES b (id))",
        "CREATE SCHEMA other",
        "DROP SCHEMA IF EXISTS support_chat CASCADE",
        "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS support_chat_i ON messages (id)",
        "CREATE INDEX ON ONLY messages (id)",
        "ALTER TABLE ONLY messages ADD COLUMN a text",
        "ALTER TABLE support_chat.a ADD CONSTRAINT b FOREIGN KEY (c) REFERENCES public.users (id)",
        "DROP TABLE support_chat.a, b CASCADE",
        "DROP INDEX i",
        "DROP FUNCTION support_chat.f(int, text), g(int)",
        "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$",
        "CREATE TRIGGER support_chat.t AFTER INSERT ON messages EXECUTE FUNCTION support_chat.f()",
        "CREATE MATERIALIZED VIEW v AS SELECT 1",
        "CREATE EXTENSION pg_trgm",
        "CREATE ROLE support_chat.x",
        "DO $x$ BEGIN EXECUTE 'DROP TABLE users'; END $x$",
        "/* support_chat. */ DROP TABLE -- support_chat.\n users",
    ];
    for sql in offending {
        let text = format!("SELECT ';'; {sql};");
        let found = outside_the_schema(&Tree::of(&[("migrations/postgres/1_a/up.sql", &text)]));
        assert_eq!(found.len(), 1, "{sql}: {found:?}");
    }
}

#[test]
fn a_statement_inside_the_schema_passes() {
    let text = "-- CREATE TABLE x;
        CREATE SCHEMA IF NOT EXISTS support_chat;
        CREATE TABLE support_chat.a (id uuid CHECK (b IN ('drop table x;', 'it''s')), c numeric(8, 2));
        CREATE TABLE IF NOT EXISTS \"support_chat\".\"b\" (a uuid REFERENCES support_chat.a (id));
        CREATE INDEX a_by_b ON support_chat.a (b, c DESC) WHERE b IS NOT NULL;
        ALTER TABLE support_chat.a ADD COLUMN d text, ADD COLUMN e text;
        ALTER TABLE support_chat.a ADD COLUMN f text DEFAULT $$;$$;
        DROP INDEX CONCURRENTLY support_chat.a_by_b;
        DROP FUNCTION support_chat.f(int, text), support_chat.g;
        DROP TRIGGER t ON support_chat.a;
        UPDATE support_chat.a SET d = '';
        ";
    assert_eq!(outside_the_schema(&Tree::of(&[("migrations/postgres/1_a/up.sql", text)])), [""; 0]);
}
