//! Functions, procedures, aggregates.

use super::super::action::Statement;
use super::super::names::{literal, qualified};
use super::{Alteration, Altered, Fact, How, routine};
use crate::catalog::Kind;

/// How an attribute is altered.
pub fn how(kind: Kind, attribute: &str) -> Option<How> {
    if !kind.attributes().iter().any(|known| known.name == attribute) {
        return None;
    }
    Some(match (kind, attribute) {
        (Kind::Aggregate, _) | (Kind::Function, "returns" | "window") => How::Anew,
        _ => How::Whole(replace),
    })
}

/// Makes a routine.
pub fn create(fact: Fact<'_>) -> Vec<Statement> {
    if fact.identity.kind == Kind::Aggregate {
        return vec![Statement::new(aggregate(fact))];
    }
    match fact.side.details.definitions.get(fact.identity) {
        Some(definition) => vec![Statement::new(definition.trim_end())],
        None => vec![super::unwritten("create", fact.identity)],
    }
}

/// CREATE OR REPLACE, where the server lets: names of arguments stay, and so do those that have defaults.
fn replace(change: &Alteration<'_>) -> Altered {
    let (old, new) = (change.old.list("arguments"), change.new.list("arguments"));
    let defaults =
        |fact: Fact<'_>| fact.side.details.argument_defaults.get(fact.identity).copied().unwrap_or(0);
    // One without a name may get one.
    let mode =
        |argument: &str| ["OUT ", "INOUT ", "VARIADIC "].into_iter().find(|mode| argument.starts_with(mode));
    let is_named =
        |old: &&str, new: &&str| old == new || mode(old) == mode(new) && new.ends_with(&format!(" {old}"));
    let is_replaceable = old.len() == new.len()
        && old.iter().zip(&new).all(|(old, new)| is_named(old, new))
        && defaults(change.new) >= defaults(change.old);
    is_replaceable.then(|| create(change.new))
}

fn aggregate(fact: Fact<'_>) -> String {
    let mut words = Vec::new();
    for (attribute, word) in [
        ("state function", "SFUNC"),
        ("state type", "STYPE"),
        ("state size", "SSPACE"),
        ("final function", "FINALFUNC"),
        ("final function extra", "FINALFUNC_EXTRA"),
        ("final function modify", "FINALFUNC_MODIFY"),
        ("combine function", "COMBINEFUNC"),
        ("serialize function", "SERIALFUNC"),
        ("deserialize function", "DESERIALFUNC"),
        ("initial state", "INITCOND"),
        ("moving state function", "MSFUNC"),
        ("moving inverse function", "MINVFUNC"),
        ("moving state type", "MSTYPE"),
        ("moving state size", "MSSPACE"),
        ("moving final function", "MFINALFUNC"),
        ("moving final function extra", "MFINALFUNC_EXTRA"),
        ("moving final function modify", "MFINALFUNC_MODIFY"),
        ("moving initial state", "MINITCOND"),
        ("sort operator", "SORTOP"),
        ("parallel", "PARALLEL"),
    ] {
        let Some(value) = fact.value(attribute) else { continue };
        words.push(match attribute {
            _ if attribute.ends_with("extra") => word.to_owned(),
            _ if attribute.ends_with("modify") => {
                format!("{word} = {}", value.replace(' ', "_").to_uppercase())
            }
            _ if attribute.ends_with("function") => format!("{word} = {}", routine(value)),
            _ if attribute.ends_with("initial state") => format!("{word} = {}", literal(value)),
            "sort operator" => format!("{word} = OPERATOR({})", routine(value)),
            "parallel" => format!("{word} = {}", value.to_uppercase()),
            _ => format!("{word} = {value}"),
        });
    }
    if fact.value("kind") == Some("hypothetical-set") {
        words.push("HYPOTHETICAL".to_owned());
    }
    let arguments = fact.value("arguments").filter(|arguments| !arguments.is_empty()).unwrap_or("*");
    format!("CREATE AGGREGATE {}({arguments}) (\n    {}\n)", qualified(fact.identity), words.join(",\n    "))
}
