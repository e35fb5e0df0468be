//! Which differences rules cover, and which rules cover none any more.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::civil::Date;

use super::pattern::{Glob, PathPattern, path};
use super::rule::{Rule, Side, Until, Written, schema};
use crate::catalog::{Element, Identity};
use crate::compare::difference::element;
use crate::compare::{AttributeChange, Change, Difference, Scope};
use crate::delta::Version;

/// A difference that an ignore rule covers.
#[derive(Debug, Clone, PartialEq)]
pub struct Ignored {
    /// The difference, with just the attributes that the rule covers.
    pub difference: Difference,
    /// The reason that the rule gives.
    pub reason: String,
    /// The rule.
    pub rule: Arc<Written>,
}

/// What rules are judged by, beside the differences.
#[derive(Debug, Clone)]
pub struct Circumstances {
    /// The day.
    pub today: Date,
    /// What both sources are called: labels, names of databases, services.
    pub databases: Vec<String>,
    /// The lowest version that the databases are at, if that is known.
    pub version: Option<Version>,
    /// Whether rows of value lists were compared.
    pub has_rows: bool,
}

impl Circumstances {
    /// Those of today, where nothing else is known.
    pub fn now() -> Circumstances {
        Circumstances {
            today: jiff::ZonedDateTime::now().date(),
            databases: Vec::new(),
            version: None,
            has_rows: false,
        }
    }

    fn is_expired(&self, rule: &Rule) -> bool {
        match rule.until {
            None => false,
            Some(Until::Date(last)) => self.today > last,
            Some(Until::Version(end)) => self.version.is_some_and(|version| version >= end),
        }
    }

    /// Whether a rule is about anything that is in scope.
    fn could_cover(&self, rule: &Rule, scope: &Scope) -> bool {
        let elements = if rule.elements.is_empty() { Element::ALL } else { &rule.elements };
        let has_element = elements.iter().any(|element| {
            let was_read = *element != Element::Rows || self.has_rows;
            was_read && scope.has(*element) && scope.is_asked_for(*element)
        });
        let has_schema = match &rule.schema {
            None => true,
            Some(glob) if scope.schemas.is_empty() => {
                // A pattern may match others than those that are left out.
                !scope.exclude_schemas.iter().any(|name| Glob::exactly(name) == *glob)
            }
            Some(glob) => scope.schemas.iter().any(|name| glob.matches(name)),
        };
        has_element && has_schema
    }

    fn has_database(&self, rule: &Rule) -> bool {
        rule.database.as_ref().is_none_or(|glob| self.databases.iter().any(|name| glob.matches(name)))
    }
}

/// What became of the rules.
#[derive(Debug, Default)]
pub(in crate::compare) struct Judged {
    /// Those that hold here and today.
    pub active: Vec<Arc<Written>>,
    /// Those that would hold here, and whose time is over.
    pub expired: Vec<Arc<Written>>,
    /// Those that hold, could have covered something of what was compared, and cover nothing.
    pub idle: Vec<Arc<Written>>,
}

/// Judges rules by all differences, those out of scope too: what covers one of those is not idle.
pub(in crate::compare) fn judge(
    rules: &[Arc<Written>],
    circumstances: &Circumstances,
    scope: &Scope,
    all: &[Difference],
) -> Judged {
    let mut judged = Judged::default();
    for written in rules.iter().filter(|written| circumstances.has_database(&written.rule)) {
        let list =
            if circumstances.is_expired(&written.rule) { &mut judged.expired } else { &mut judged.active };
        list.push(Arc::clone(written));
    }
    let index = Index::of(&judged.active);
    let mut is_used = vec![false; judged.active.len()];
    for difference in all {
        let (identity, renamed) = named(difference);
        let facts = Facts::of(&identity, renamed.as_deref());
        for place in index.candidates(&facts) {
            is_used[place] |= facts.cover(&judged.active[place].rule, &difference.change).is_some();
        }
    }
    let unused = judged.active.iter().zip(is_used).filter(|(_, is_used)| !is_used);
    let idle = unused.filter(|(written, _)| circumstances.could_cover(&written.rule, scope));
    judged.idle = idle.map(|(written, _)| Arc::clone(written)).collect();
    judged
}

/// Rules by the only name of an object that they can be about: thousands of rules, each for an object, are quick.
struct Index<'a> {
    by_object: HashMap<&'a str, Vec<usize>>,
    /// Those that may be about objects of any name.
    others: Vec<usize>,
}

impl<'a> Index<'a> {
    fn of(rules: &'a [Arc<Written>]) -> Index<'a> {
        let mut index = Index { by_object: HashMap::new(), others: Vec::new() };
        for (place, written) in rules.iter().enumerate() {
            match written.rule.name.as_ref().and_then(PathPattern::object) {
                Some(name) => index.by_object.entry(name).or_default().push(place),
                None => index.others.push(place),
            }
        }
        index
    }

    /// The places of the rules that may cover something of these facts, in their order.
    fn candidates(&self, facts: &Facts<'_>) -> Vec<usize> {
        let mut places = self.others.clone();
        let mut names: Vec<&str> = facts.all().filter_map(|fact| Some(fact.path.first()?.0)).collect();
        names.dedup();
        for name in names {
            places.extend(self.by_object.get(name).into_iter().flatten());
        }
        places.sort_unstable();
        places.dedup();
        places
    }
}

/// Takes out the differences that rules cover, each by the first rule that does; of a fact of which several attributes
/// differ, just those that are covered.
pub fn apply(differences: Vec<Difference>, rules: &[Arc<Written>]) -> (Vec<Difference>, Vec<Ignored>) {
    let mut ignored = Vec::new();
    let mut kept = Vec::with_capacity(differences.len());
    let index = Index::of(rules);
    for difference in differences {
        kept.extend(take(difference, rules, &index, &mut ignored));
    }
    (kept, ignored)
}

/// What rules leave of a difference.
fn take(
    difference: Difference,
    rules: &[Arc<Written>],
    index: &Index<'_>,
    ignored: &mut Vec<Ignored>,
) -> Option<Difference> {
    let (identity, renamed) = named(&difference);
    let facts = Facts::of(&identity, renamed.as_deref());
    let mut rest = difference;
    for written in index.candidates(&facts).into_iter().map(|place| &rules[place]) {
        let Some(cover) = facts.cover(&written.rule, &rest.change) else { continue };
        let mut ignore = |difference| {
            let reason = written.rule.reason().to_owned();
            ignored.push(Ignored { difference, reason, rule: Arc::clone(written) });
        };
        let (Cover::Attributes(covered), Change::Changed { attributes }) = (cover, &mut rest.change) else {
            ignore(rest);
            return None;
        };
        let (taken, left): (Vec<_>, Vec<_>) =
            std::mem::take(attributes).into_iter().zip(covered).partition(|(_, covered)| *covered);
        let changed = |pairs: Vec<(AttributeChange, bool)>| Change::Changed {
            attributes: pairs.into_iter().map(|(change, _)| change).collect(),
        };
        ignore(Difference::new(&identity, changed(taken)));
        rest.change = changed(left);
    }
    Some(rest)
}

/// Takes out of the differences that are only counted what rules cover.
pub(in crate::compare) fn apply_to_unasked(
    differences: &mut Vec<Difference>,
    rules: &[Arc<Written>],
    scope: &Scope,
) {
    if rules.is_empty() {
        return;
    }
    let index = Index::of(rules);
    differences.retain_mut(|difference| {
        let own = difference.element();
        let (identity, renamed) = named(difference);
        let facts = Facts::of(&identity, renamed.as_deref());
        let covers: Vec<Cover> = index
            .candidates(&facts)
            .into_iter()
            .filter_map(|place| facts.cover(&rules[place].rule, &difference.change))
            .collect();
        if !covers.is_empty() && !scope.is_asked_for(own) {
            return false;
        }
        let Change::Changed { attributes } = &mut difference.change else { return true };
        let mut index = 0;
        attributes.retain(|change| {
            let is_asked_for = scope.is_asked_for(change.attribute.element.unwrap_or(own));
            let is_covered = covers.iter().any(|cover| match cover {
                Cover::All => true,
                Cover::Attributes(covered) => covered[index],
            });
            index += 1;
            is_asked_for || !is_covered
        });
        !attributes.is_empty()
    });
}

/// Whether a rule covers a difference, or a part of it.
pub fn covered(rule: &Rule, difference: &Difference) -> bool {
    let (identity, renamed) = named(difference);
    Facts::of(&identity, renamed.as_deref()).cover(rule, &difference.change).is_some()
}

/// How much of a difference a rule covers.
#[derive(Debug, PartialEq)]
enum Cover {
    All,
    /// For each attribute that differs, whether it is covered; at least one is.
    Attributes(Vec<bool>),
}

/// The fact that a difference is about, and what it is called in the second source.
fn named(difference: &Difference) -> (Arc<Identity>, Option<Arc<Identity>>) {
    let renamed = match &difference.change {
        Change::Renamed { to } => Some(Arc::clone(to)),
        _ => None,
    };
    (Arc::clone(&difference.identity), renamed)
}

/// The facts that a difference is about, worked out once for all rules: itself, and what it hangs on.
struct Facts<'a> {
    facts: Vec<Fact<'a>>,
    /// Itself under the name in the second source.
    renamed: Option<Fact<'a>>,
}

struct Fact<'a> {
    identity: &'a Identity,
    element: Element,
    path: Vec<(&'a str, Option<&'a str>)>,
}

impl<'a> Facts<'a> {
    fn of(identity: &'a Identity, renamed: Option<&'a Identity>) -> Facts<'a> {
        let fact = |identity| Fact { identity, element: element(identity), path: path(identity) };
        Facts { facts: identity.chain().map(fact).collect(), renamed: renamed.map(fact) }
    }

    fn all(&self) -> impl Iterator<Item = &Fact<'a>> {
        self.facts.iter().chain(&self.renamed)
    }

    /// How much of it a rule covers; `None` for nothing.
    fn cover(&self, rule: &Rule, change: &Change) -> Option<Cover> {
        let is_on_side = match (rule.only, change) {
            (None, _) => true,
            (Some(side), Change::OnlyFirst { .. }) => side == Side::First,
            (Some(side), Change::OnlySecond { .. }) => side == Side::Second,
            (Some(_), _) => false,
        };
        if !is_on_side {
            return None;
        }
        let has_element = |element: Element| rule.elements.is_empty() || rule.elements.contains(&element);
        if rule.attributes.is_empty()
            && self
                .facts
                .iter()
                .chain(&self.renamed)
                .any(|fact| has_element(fact.element) && fact.is_meant(rule))
        {
            return Some(Cover::All);
        }
        // What is left are attributes, by their own elements or by their names.
        let own = self.facts.iter().take(1).chain(&self.renamed).find(|fact| fact.is_meant(rule))?;
        match change {
            Change::Changed { attributes } => {
                let covered: Vec<bool> = attributes
                    .iter()
                    .map(|change| {
                        let is_named = rule.attributes.is_empty()
                            || rule.attributes.iter().any(|name| name == change.attribute.name);
                        let elements = [Some(own.element), change.attribute.element];
                        is_named && elements.into_iter().flatten().any(has_element)
                    })
                    .collect();
                if covered.iter().all(|covered| *covered) {
                    Some(Cover::All)
                } else {
                    covered.contains(&true).then_some(Cover::Attributes(covered))
                }
            }
            Change::Renamed { .. } => (rule.attributes.iter().any(|name| name == super::propose::NAME)
                && has_element(own.element))
            .then_some(Cover::All),
            Change::OnlyFirst { .. } | Change::OnlySecond { .. } => None,
        }
    }
}

impl Fact<'_> {
    /// Whether kinds, schema and name of a rule hold for it.
    fn is_meant(&self, rule: &Rule) -> bool {
        let mut chain = self.identity.chain();
        rule.kinds.iter().all(|kind| chain.next().is_some_and(|fact| fact.kind == *kind))
            && rule.schema.as_ref().is_none_or(|glob| glob.matches(schema(self.identity)))
            && rule.name.as_ref().is_none_or(|pattern| pattern.matches(&self.path))
    }
}
