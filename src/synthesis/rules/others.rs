//! Schemas, extensions, and what few schemas have: languages, casts, operators with their classes and families, text
//! search, collations, foreign data, publications.

use super::super::action::Statement;
use super::super::names::{literal, name, object, qualified};
use super::{Alteration, Altered, Fact, How, options, routine};
use crate::catalog::Kind;

/// How an attribute is altered.
pub fn how(kind: Kind, attribute: &str) -> Option<How> {
    if !kind.attributes().iter().any(|known| known.name == attribute) {
        return None;
    }
    Some(match (kind, attribute) {
        (Kind::Extension, "schema") => How::By(extension_schema),
        (Kind::Extension, "version") => How::By(extension_version),
        (Kind::Operator, "restrict function" | "join function") => How::Whole(operator),
        (Kind::OperatorFamily, "members") => How::By(family_members),
        (Kind::TextSearchConfiguration, "mappings") => How::By(mappings),
        (Kind::ForeignDataWrapper, "handler" | "validator") => How::Whole(wrapper_functions),
        (Kind::ForeignDataWrapper | Kind::Server | Kind::UserMapping, "options") => How::By(foreign_options),
        (Kind::Server, "version") => How::By(server_version),
        (Kind::Publication, "operations" | "via root" | "generated columns") => {
            How::Whole(publication_settings)
        }
        _ => How::Anew,
    })
}

/// Makes it.
pub fn create(fact: Fact<'_>) -> Vec<Statement> {
    let identity = fact.identity;
    let value = |attribute: &str| fact.value(attribute).unwrap_or_default();
    let head = format!("CREATE {}", object(identity));
    let sql = match identity.kind {
        Kind::Extension => format!("{head} SCHEMA {}", name(value("schema"))),
        Kind::Language => {
            let trusted = if fact.value("trusted").is_some() { "TRUSTED " } else { "" };
            let mut sql = format!(
                "CREATE {trusted}LANGUAGE {} HANDLER {}",
                name(&identity.name),
                routine(value("handler"))
            );
            for (attribute, word) in [("inline handler", "INLINE"), ("validator", "VALIDATOR")] {
                if let Some(function) = fact.value(attribute) {
                    sql.push_str(&format!(" {word} {}", routine(function)));
                }
            }
            sql
        }
        Kind::AccessMethod => {
            format!("{head} TYPE {} HANDLER {}", value("type").to_uppercase(), routine(value("handler")))
        }
        Kind::Collation => format!("{head} ({})", collation(fact)),
        Kind::Conversion => {
            let default = if fact.value("default").is_some() { "DEFAULT " } else { "" };
            format!(
                "CREATE {default}CONVERSION {} FOR {} TO {} FROM {}",
                qualified(identity),
                literal(value("from")),
                literal(value("to")),
                routine(value("function"))
            )
        }
        Kind::Cast => {
            let how = match (fact.value("function"), fact.value("method")) {
                (Some(function), _) => format!("WITH FUNCTION {function}"),
                (None, Some("binary-coercible")) => "WITHOUT FUNCTION".to_owned(),
                (None, _) => "WITH INOUT".to_owned(),
            };
            let context = fact
                .value("context")
                .map_or_else(String::new, |context| format!(" AS {}", context.to_uppercase()));
            format!("{head} {how}{context}")
        }
        Kind::Transform => {
            let parts = [("from SQL", "FROM SQL"), ("to SQL", "TO SQL")];
            let functions = parts.iter().filter_map(|(attribute, word)| {
                fact.value(attribute).map(|function| format!("{word} WITH FUNCTION {function}"))
            });
            format!("{head} ({})", functions.collect::<Vec<_>>().join(", "))
        }
        Kind::Operator => create_operator(fact),
        Kind::OperatorFamily => {
            let add = family(fact, "ADD", fact.list("members").into_iter().map(member).collect());
            return std::iter::once(Statement::new(head)).chain(add).collect();
        }
        Kind::OperatorClass => operator_class(fact),
        Kind::TextSearchParser => format!(
            "{head} ({})",
            functions(
                fact,
                &[
                    ("start function", "START"),
                    ("token function", "GETTOKEN"),
                    ("end function", "END"),
                    ("headline function", "HEADLINE"),
                    ("types function", "LEXTYPES"),
                ]
            )
        ),
        Kind::TextSearchTemplate => {
            format!(
                "{head} ({})",
                functions(fact, &[("init function", "INIT"), ("lexize function", "LEXIZE")])
            )
        }
        Kind::TextSearchDictionary => {
            let options = fact.value("options").map_or_else(String::new, |options| format!(", {options}"));
            format!("{head} (TEMPLATE = {}{options})", value("template"))
        }
        Kind::TextSearchConfiguration => {
            let create = Statement::new(format!("{head} (PARSER = {})", value("parser")));
            let add = fact.list("mappings").into_iter().filter_map(|item| mapping(fact, "ADD", item));
            return std::iter::once(create).chain(add).collect();
        }
        Kind::ForeignDataWrapper => {
            let mut sql = head;
            for (attribute, word) in [("handler", "HANDLER"), ("validator", "VALIDATOR")] {
                if let Some(function) = fact.value(attribute) {
                    sql.push_str(&format!(" {word} {}", routine(function)));
                }
            }
            format!("{sql}{}", options::foreign(&fact.list("options")))
        }
        Kind::Server => {
            let mut sql = head;
            for (attribute, word) in [("type", "TYPE"), ("version", "VERSION")] {
                if let Some(text) = fact.value(attribute) {
                    sql.push_str(&format!(" {word} {}", literal(text)));
                }
            }
            format!(
                "{sql} FOREIGN DATA WRAPPER {}{}",
                name(value("wrapper")),
                options::foreign(&fact.list("options"))
            )
        }
        Kind::UserMapping => {
            let create = Statement::new(format!("{head}{}", options::foreign(&fact.list("options"))));
            return std::iter::once(create).chain(secrets(fact, &[])).collect();
        }
        Kind::Publication => {
            let all = if fact.value("all tables").is_some() { " FOR ALL TABLES" } else { "" };
            let settings = publication(fact, |attribute| fact.value(attribute).is_some());
            let with =
                if settings.is_empty() { String::new() } else { format!(" WITH ({})", settings.join(", ")) };
            format!("{head}{all}{with}")
        }
        Kind::PublicationTable => {
            let columns: Vec<String> = fact.list("columns").into_iter().map(name).collect();
            let columns =
                if columns.is_empty() { String::new() } else { format!(" ({})", columns.join(", ")) };
            let filter = fact.value("filter").map_or_else(String::new, |filter| format!(" WHERE ({filter})"));
            format!(
                "ALTER PUBLICATION {} ADD TABLE {}{columns}{filter}",
                qualified(fact.on()),
                qualified(identity)
            )
        }
        Kind::PublicationSchema => {
            format!(
                "ALTER PUBLICATION {} ADD TABLES IN SCHEMA {}",
                qualified(fact.on()),
                name(&identity.name)
            )
        }
        _ => head,
    };
    vec![Statement::new(sql)]
}

/// Takes a table or a schema from a publication.
pub fn drop(fact: Fact<'_>) -> Vec<Statement> {
    let publication = qualified(fact.on());
    vec![Statement::new(if fact.identity.kind == Kind::PublicationTable {
        format!("ALTER PUBLICATION {publication} DROP TABLE {}", qualified(fact.identity))
    } else {
        format!("ALTER PUBLICATION {publication} DROP TABLES IN SCHEMA {}", name(&fact.identity.name))
    })]
}

/// `START = f, END = g`.
fn functions(fact: Fact<'_>, words: &[(&str, &str)]) -> String {
    let written = words.iter().filter_map(|(attribute, word)| {
        fact.value(attribute).map(|function| format!("{word} = {}", routine(function)))
    });
    written.collect::<Vec<_>>().join(", ")
}

fn collation(fact: Fact<'_>) -> String {
    let mut words = vec![format!("PROVIDER = {}", fact.value("provider").unwrap_or("libc"))];
    for (attribute, word) in
        [("locale", "LOCALE"), ("LC_COLLATE", "LC_COLLATE"), ("LC_CTYPE", "LC_CTYPE"), ("rules", "RULES")]
    {
        if let Some(value) = fact.value(attribute) {
            words.push(format!("{word} = {}", literal(value)));
        }
    }
    if fact.value("deterministic").is_some() {
        words.push("DETERMINISTIC = false".to_owned());
    }
    words.join(", ")
}

fn create_operator(fact: Fact<'_>) -> String {
    let schema =
        fact.identity.schema.as_deref().map_or_else(String::new, |schema| format!("{}.", name(schema)));
    let mut words = vec![format!("FUNCTION = {}", routine(fact.value("function").unwrap_or_default()))];
    let types = fact.identity.signature.as_deref().unwrap_or_default().split(", ");
    for (word, r#type) in ["LEFTARG", "RIGHTARG"].iter().zip(types).filter(|(_, r#type)| *r#type != "NONE") {
        words.push(format!("{word} = {type}"));
    }
    for (attribute, word) in [("commutator", "COMMUTATOR"), ("negator", "NEGATOR")] {
        if let Some(other) = fact.value(attribute) {
            words.push(format!("{word} = OPERATOR({})", routine(other)));
        }
    }
    for (attribute, word) in [("restrict function", "RESTRICT"), ("join function", "JOIN")] {
        if let Some(function) = fact.value(attribute) {
            words.push(format!("{word} = {}", routine(function)));
        }
    }
    for (attribute, word) in [("hashes", "HASHES"), ("merges", "MERGES")] {
        if fact.value(attribute).is_some() {
            words.push(word.to_owned());
        }
    }
    format!("CREATE OPERATOR {schema}{} ({})", fact.identity.name, words.join(", "))
}

fn operator(change: &Alteration<'_>) -> Altered {
    let mut words = Vec::new();
    for (attribute, word) in [("restrict function", "RESTRICT"), ("join function", "JOIN")] {
        if change.changes(attribute) {
            words.push(format!("{word} = {}", change.new.value(attribute).map_or("NONE", routine)));
        }
    }
    Some(vec![Statement::new(format!("ALTER {} SET ({})", object(change.new.identity), words.join(", ")))])
}

/// `OPERATOR 1 (integer, integer) s.<(integer,integer)` as it is added: the types stand with the operator.
fn member(item: &str) -> String {
    if !item.starts_with("OPERATOR ") {
        return item.to_owned();
    }
    match (item.find(" ("), item.find(") ")) {
        (Some(start), Some(end)) => format!("{} {}", &item[..start], &item[end + 2..]),
        _ => item.to_owned(),
    }
}

fn family(fact: Fact<'_>, word: &str, members: Vec<String>) -> Option<Statement> {
    (!members.is_empty()).then(|| {
        let items = members.join(", ");
        Statement::new(format!("ALTER {} {word} {items}", object(fact.identity)))
    })
}

fn family_members(change: &Alteration<'_>) -> Altered {
    let (old, new) = (change.old.list("members"), change.new.list("members"));
    let gone = old.iter().filter(|item| !new.contains(item));
    // `OPERATOR 1 (integer, integer)`.
    let gone = gone.filter_map(|item| item.find(") ").map(|end| item[..=end].to_owned())).collect();
    let come = new.iter().filter(|item| !old.contains(item)).map(|item| member(item)).collect();
    Some(family(change.new, "DROP", gone).into_iter().chain(family(change.new, "ADD", come)).collect())
}

fn operator_class(fact: Fact<'_>) -> String {
    let default = if fact.value("default").is_some() { " DEFAULT" } else { "" };
    let mut items: Vec<String> = fact.list("members").into_iter().map(member).collect();
    if let Some(storage) = fact.value("storage type") {
        items.push(format!("STORAGE {storage}"));
    }
    if items.is_empty() {
        items.push(format!("STORAGE {}", fact.value("type").unwrap_or_default()));
    }
    format!(
        "CREATE OPERATOR CLASS {}{default} FOR TYPE {} USING {} FAMILY {} AS {}",
        qualified(fact.identity),
        fact.value("type").unwrap_or_default(),
        name(fact.identity.signature.as_deref().unwrap_or_default()),
        fact.value("family").unwrap_or_default(),
        items.join(", ")
    )
}

/// `word: simple, english_stem`.
fn mapping(fact: Fact<'_>, word: &str, item: &str) -> Option<Statement> {
    let (token, dictionaries) = item.split_once(": ")?;
    Some(Statement::new(format!(
        "ALTER {} {word} MAPPING FOR {token} WITH {dictionaries}",
        object(fact.identity)
    )))
}

fn mappings(change: &Alteration<'_>) -> Altered {
    let (old, new) = (change.old.list("mappings"), change.new.list("mappings"));
    let token = |item: &str| item.split(':').next().unwrap_or_default().to_owned();
    let tokens = |items: &[&str]| items.iter().map(|item| token(item)).collect::<Vec<_>>();
    let (before, after) = (tokens(&old), tokens(&new));
    let alter = format!("ALTER {}", object(change.new.identity));
    let gone = before.iter().filter(|token| !after.contains(token));
    let gone = gone.map(|token| Statement::new(format!("{alter} DROP MAPPING FOR {token}")));
    let changed = new.iter().filter(|item| !old.contains(item));
    let changed = changed.filter_map(|item| {
        mapping(change.new, if before.contains(&token(item)) { "ALTER" } else { "ADD" }, item)
    });
    Some(gone.chain(changed).collect())
}

fn extension_schema(change: &Alteration<'_>) -> Altered {
    if change.old.side.details.fixed_extensions.contains(&change.new.identity.name) {
        return None;
    }
    let schema = name(change.new.value("schema").unwrap_or_default());
    Some(vec![Statement::new(format!(
        "ALTER EXTENSION {} SET SCHEMA {schema}",
        name(&change.new.identity.name)
    ))])
}

fn extension_version(change: &Alteration<'_>) -> Altered {
    let version = literal(change.new.value("version").unwrap_or_default());
    Some(vec![Statement::new(format!(
        "ALTER EXTENSION {} UPDATE TO {version}",
        name(&change.new.identity.name)
    ))])
}

fn wrapper_functions(change: &Alteration<'_>) -> Altered {
    let mut words = Vec::new();
    for (attribute, word) in [("handler", "HANDLER"), ("validator", "VALIDATOR")] {
        if change.changes(attribute) {
            words.push(match change.new.value(attribute) {
                Some(function) => format!("{word} {}", routine(function)),
                None => format!("NO {word}"),
            });
        }
    }
    Some(vec![Statement::new(format!("ALTER {} {}", object(change.new.identity), words.join(" ")))])
}

fn foreign_options(change: &Alteration<'_>) -> Altered {
    let (old, new) = (change.old.list("options"), change.new.list("options"));
    let words = options::foreign_changes(&old, &new);
    let alter = (words != "OPTIONS ()")
        .then(|| Statement::new(format!("ALTER {} {words}", object(change.new.identity))));
    Some(alter.into_iter().chain(secrets(change.new, &old)).collect())
}

/// Options whose values are secret, and stand in no catalog that pum reads.
fn secrets(fact: Fact<'_>, old: &[&str]) -> Vec<Statement> {
    let hidden =
        fact.list("options").into_iter().filter(|option| !option.contains('=') && !old.contains(option));
    hidden
        .map(|option| {
            Statement::todo(format!("set the option {option}, which is secret, of {}", fact.identity))
        })
        .collect()
}

fn server_version(change: &Alteration<'_>) -> Altered {
    let version = change.new.value("version").map_or_else(|| "NULL".to_owned(), literal);
    Some(vec![Statement::new(format!("ALTER {} VERSION {version}", object(change.new.identity)))])
}

/// The settings of a publication, those that are asked for.
fn publication(fact: Fact<'_>, is_wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let mut words = Vec::new();
    if is_wanted("operations") {
        let operations = fact
            .value("operations")
            .map_or_else(|| "insert, update, delete, truncate".to_owned(), |list| list.replace('\n', ", "));
        words.push(format!("publish = {}", literal(&operations)));
    }
    if is_wanted("via root") {
        words.push(format!("publish_via_partition_root = {}", fact.value("via root").is_some()));
    }
    if is_wanted("generated columns") {
        words.push(format!(
            "publish_generated_columns = {}",
            fact.value("generated columns").unwrap_or("none")
        ));
    }
    words
}

fn publication_settings(change: &Alteration<'_>) -> Altered {
    let words = publication(change.new, |attribute| change.changes(attribute));
    Some(vec![Statement::new(format!("ALTER {} SET ({})", object(change.new.identity), words.join(", ")))])
}
