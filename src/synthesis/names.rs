//! Names of objects as a statement writes them: qualified, in quotes where the server would put them.

use postgres_protocol::escape::escape_literal;

use crate::catalog::{Identity, Kind};

/// Words of SQL that a name needs quotes to be: all but those that are reserved nowhere.
const KEYWORDS: &str = " all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create \
    current_catalog current_date current_role current_time current_timestamp current_user default deferrable desc distinct do \
    else end except false fetch for foreign from grant group having in initially intersect into lateral leading limit localtime \
    localtimestamp not null offset on only or order placing primary references returning select session_user some symmetric \
    system_user table then to trailing true union unique user using variadic when where window with \
    authorization binary collation concurrently cross current_schema freeze full ilike inner is isnull join left like natural \
    notnull outer overlaps right similar tablesample verbose \
    between bigint bit boolean char character coalesce dec decimal exists extract float greatest grouping inout int integer \
    interval json json_array json_arrayagg json_exists json_object json_objectagg json_query json_scalar json_serialize \
    json_table json_value least merge_action national nchar none normalize nullif numeric out overlay position precision real \
    row setof smallint substring time timestamp treat trim values varchar xmlattributes xmlconcat xmlelement xmlexists \
    xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable ";

/// A name, in quotes if it needs them.
pub fn name(name: &str) -> String {
    let is_plain = name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !KEYWORDS.contains(&format!(" {name} "));
    if is_plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// A text.
pub fn literal(text: &str) -> String {
    escape_literal(text).trim_start().to_owned()
}

/// The own name with its schema: `app.pipe`. What hangs on a relation and has a name among the relations (an index, the
/// index of a constraint) is in that one's schema.
pub fn qualified(identity: &Identity) -> String {
    match identity.schema.as_deref().or_else(|| in_schema_of(identity)) {
        Some(schema) => format!("{}.{}", name(schema), name(&identity.name)),
        None => name(&identity.name),
    }
}

fn in_schema_of(identity: &Identity) -> Option<&str> {
    match identity.kind {
        Kind::Index | Kind::Statistics | Kind::Constraint => identity.schema(),
        _ => None,
    }
}

/// The relation or type that a fact hangs on, by its qualified name; the own name for what hangs on nothing.
pub fn owner(identity: &Identity) -> String {
    qualified(identity.on.as_deref().unwrap_or(identity))
}

/// An object as `COMMENT ON`, `DROP` and `ALTER … OWNER TO` name it: `TABLE app.pipe`, `TRIGGER t ON app.pipe`.
pub fn object(identity: &Identity) -> String {
    let word = identity.kind.word().to_uppercase();
    let signature = identity.signature.as_deref().unwrap_or_default();
    match identity.kind {
        Kind::Schema
        | Kind::Extension
        | Kind::Language
        | Kind::AccessMethod
        | Kind::Domain
        | Kind::Collation
        | Kind::Conversion
        | Kind::TextSearchParser
        | Kind::TextSearchTemplate
        | Kind::TextSearchDictionary
        | Kind::TextSearchConfiguration
        | Kind::ForeignDataWrapper
        | Kind::Server
        | Kind::EventTrigger
        | Kind::Publication
        | Kind::Subscription
        | Kind::Table
        | Kind::View
        | Kind::MaterializedView
        | Kind::ForeignTable
        | Kind::Sequence
        | Kind::Index
        | Kind::Statistics => format!("{word} {}", qualified(identity)),
        Kind::ShellType | Kind::BaseType | Kind::Enum | Kind::CompositeType | Kind::RangeType => {
            format!("TYPE {}", qualified(identity))
        }
        Kind::Function | Kind::Procedure => format!("{word} {}({signature})", qualified(identity)),
        Kind::Aggregate => {
            let arguments = if signature.is_empty() { "*" } else { signature };
            format!("{word} {}({arguments})", qualified(identity))
        }
        Kind::Cast => format!("{word} ({signature})"),
        Kind::Transform => format!("{word} {signature}"),
        Kind::Operator => {
            let schema = identity.schema.as_deref().map(|schema| format!("{}.", name(schema)));
            format!("{word} {}{} ({signature})", schema.unwrap_or_default(), identity.name)
        }
        Kind::OperatorFamily | Kind::OperatorClass => {
            format!("{word} {} USING {}", qualified(identity), name(signature))
        }
        Kind::UserMapping => {
            let user = if &*identity.name == "public" { "PUBLIC".to_owned() } else { name(&identity.name) };
            format!("{word} FOR {user} SERVER {}", owner(identity))
        }
        Kind::Column | Kind::Attribute => format!("COLUMN {}.{}", owner(identity), name(&identity.name)),
        Kind::DomainConstraint => {
            format!("CONSTRAINT {} ON DOMAIN {}", name(&identity.name), owner(identity))
        }
        Kind::Constraint | Kind::Rule | Kind::Trigger | Kind::Policy => {
            format!("{word} {} ON {}", name(&identity.name), owner(identity))
        }
        // They are named by what they hang on.
        Kind::Default
        | Kind::PublicationTable
        | Kind::PublicationSchema
        | Kind::Comment
        | Kind::SecurityLabel
        | Kind::Owner
        | Kind::Privilege
        | Kind::DefaultPrivilege
        | Kind::Row => identity.on.as_deref().map_or_else(String::new, object),
    }
}

/// `ALTER TABLE app.pipe`, with the word that this kind of relation takes.
pub fn alter_relation(relation: &Identity) -> String {
    format!("ALTER {} {}", relation.kind.word().to_uppercase(), qualified(relation))
}

/// A group of objects in which each name is there once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Taken(&'static str, String);

/// The names that a fact takes, beside its own identity; `has_index` says whether it is a constraint with an index.
pub fn taken(identity: &Identity, has_index: bool) -> Vec<Taken> {
    let qualified = qualified(identity);
    let relation = || Taken("relation", qualified.clone());
    let r#type = || Taken("type", qualified.clone());
    match identity.kind {
        Kind::Table | Kind::View | Kind::MaterializedView | Kind::ForeignTable | Kind::CompositeType => {
            vec![relation(), r#type()]
        }
        Kind::Sequence | Kind::Index => vec![relation()],
        Kind::Constraint => {
            let own = Taken("constraint", object(identity));
            if has_index { vec![own, relation()] } else { vec![own] }
        }
        Kind::ShellType | Kind::BaseType | Kind::Enum | Kind::Domain | Kind::RangeType => vec![r#type()],
        Kind::Function | Kind::Procedure | Kind::Aggregate => {
            let signature = identity.signature.as_deref().unwrap_or_default();
            vec![Taken("routine", format!("{qualified}({signature})"))]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_quotes_where_the_server_puts_them() {
        for plain in ["pipe", "_x", "a1", "text", "type"] {
            assert_eq!(name(plain), plain);
        }
        for (quoted, text) in
            [("User", "\"User\""), ("user", "\"user\""), ("a$", "\"a$\""), ("a\"b", "\"a\"\"b\"")]
        {
            assert_eq!(name(quoted), text);
        }
        assert_eq!(literal("it's"), "'it''s'");
    }
}
