//! The rules that are proposed for a difference, from the narrowest to a pattern.

use super::pattern::{Glob, PathPattern, kinds};
use super::rule::{Rule, Side, schema};
use crate::catalog::{Element, Identity};
use crate::compare::{Change, Difference};

/// What a rule calls the name of something that is called differently in both sources.
pub(super) const NAME: &str = "name";

/// How wide a rule is.
#[derive(Debug, Clone, PartialEq)]
pub enum Width {
    /// The object, with what hangs on it.
    Object,
    /// These attributes of it.
    Attributes(Vec<String>),
    /// All of the same element in the same schema whose names match.
    Pattern(PathPattern),
}

impl Width {
    /// That of the rule that covers this difference and nothing else.
    pub fn narrowest(difference: &Difference) -> Width {
        match attributes(difference) {
            names if names.is_empty() => Width::Object,
            names => Width::Attributes(names),
        }
    }
}

/// How wide a rule for a difference may be; the pattern is to be edited.
pub fn widths(difference: &Difference) -> Vec<Width> {
    let attributes = attributes(difference);
    let mut widths: Vec<Width> = vec![Width::Object];
    widths.extend(attributes.iter().map(|name| Width::Attributes(vec![name.clone()])));
    if attributes.len() > 1 {
        widths.push(Width::Attributes(attributes));
    }
    widths.push(Width::Pattern(PathPattern::exactly(&difference.identity)));
    widths
}

/// The attributes that differ.
fn attributes(difference: &Difference) -> Vec<String> {
    match &difference.change {
        Change::Changed { attributes } => {
            attributes.iter().map(|change| change.attribute.name.to_owned()).collect()
        }
        Change::Renamed { .. } => vec![NAME.to_owned()],
        Change::OnlyFirst { .. } | Change::OnlySecond { .. } => Vec::new(),
    }
}

/// The rule of this width for a difference, without a reason.
pub fn propose(difference: &Difference, width: &Width) -> Rule {
    let identity = &difference.identity;
    let only = match &difference.change {
        Change::OnlyFirst { .. } => Some(Side::First),
        Change::OnlySecond { .. } => Some(Side::Second),
        Change::Changed { .. } | Change::Renamed { .. } => None,
    };
    let rule = Rule {
        elements: vec![difference.element()],
        kinds: if needs_kind(identity, difference.element()) { kinds(identity) } else { Vec::new() },
        schema: Some(Glob::exactly(schema(identity))),
        name: Some(PathPattern::exactly(identity)),
        only,
        ..Rule::default()
    };
    match width {
        Width::Object => rule,
        Width::Attributes(names) => Rule { attributes: names.clone(), ..rule },
        Width::Pattern(pattern) => Rule { name: Some(pattern.clone()), ..rule },
    }
}

/// Whether something of another kind may have the same element, schema and name: what has no name of its own is called
/// like what it hangs on, and in these elements are things that share no namespace.
fn needs_kind(identity: &Identity, element: Element) -> bool {
    identity.name.is_empty()
        || matches!(element, Element::Other | Element::Comments | Element::Owners | Element::Privileges)
}
