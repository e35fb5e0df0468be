//! What every form of a report tells: the sentences of the summary, and the differences by schema and object.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::value::{Description, describe, line};
use crate::catalog::{Element, Identity, Payload};
use crate::commands::check::Check;
use crate::compare::{Change, Difference};
use crate::progress::count;

/// The differences of an element, by what they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Only in the first source.
    pub only_first: usize,
    /// Only in the second source.
    pub only_second: usize,
    /// In both, but different, if only by the name.
    pub changed: usize,
}

impl Counts {
    /// All of them.
    pub fn all(self) -> usize {
        self.only_first + self.only_second + self.changed
    }
}

/// The differences of each element, in the order of the elements.
pub fn by_element(differences: &[Difference]) -> BTreeMap<Element, Counts> {
    let mut elements = BTreeMap::new();
    for difference in differences {
        let counts: &mut Counts = elements.entry(difference.element()).or_default();
        match difference.change {
            Change::OnlyFirst { .. } => counts.only_first += 1,
            Change::OnlySecond { .. } => counts.only_second += 1,
            Change::Changed { .. } | Change::Renamed { .. } => counts.changed += 1,
        }
    }
    elements
}

/// The differences of one schema.
#[derive(Debug)]
pub struct SchemaGroup<'a> {
    /// The schema; none for what is in none.
    pub name: Option<&'a str>,
    /// Its objects, in their order.
    pub objects: Vec<ObjectGroup<'a>>,
}

impl SchemaGroup<'_> {
    /// What it is called.
    pub fn title(&self) -> String {
        self.name.map_or_else(|| "in no schema".to_owned(), |name| format!("schema {}", line(name)))
    }
}

/// The differences of one object.
#[derive(Debug)]
pub struct ObjectGroup<'a> {
    /// The object.
    pub identity: &'a Identity,
    /// Those of the object itself first, if there are any.
    pub differences: Vec<&'a Difference>,
}

/// The differences by schema and object, in the order in which they come.
pub fn by_schema<'a>(differences: impl IntoIterator<Item = &'a Difference>) -> Vec<SchemaGroup<'a>> {
    let mut schemas: Vec<SchemaGroup<'a>> = Vec::new();
    for difference in differences {
        let (name, object) = (difference.identity.schema(), difference.identity.object());
        if schemas.last().is_none_or(|schema| schema.name != name) {
            schemas.push(SchemaGroup { name, objects: Vec::new() });
        }
        let Some(schema) = schemas.last_mut() else { continue };
        match schema.objects.last_mut() {
            Some(group) if group.identity == object => group.differences.push(difference),
            _ => schema.objects.push(ObjectGroup { identity: object, differences: vec![difference] }),
        }
    }
    schemas
}

/// What hangs on an object that is on one side only, by what each hangs on.
#[derive(Debug)]
pub struct Contents<'a>(HashMap<&'a Identity, Vec<&'a Difference>>);

impl<'a> Contents<'a> {
    /// The contents of a difference; columns stand in their own order.
    pub fn of(difference: &'a Difference) -> Contents<'a> {
        let known: HashSet<&Identity> = difference.contents.iter().map(|inner| &*inner.identity).collect();
        let mut contents: HashMap<&Identity, Vec<&Difference>> = HashMap::new();
        for inner in &difference.contents {
            let above = inner.identity.chain().skip(1).find(|above| known.contains(above));
            contents.entry(above.unwrap_or(&difference.identity)).or_default().push(inner);
        }
        for inner in contents.values_mut() {
            inner.sort_by_key(|difference| position(difference));
        }
        Contents(contents)
    }

    /// What hangs on this one itself.
    fn on(&self, identity: &Identity) -> &[&'a Difference] {
        self.0.get(identity).map_or(&[], Vec::as_slice)
    }

    /// Says what a fact is, with what hangs on it and has place in its line, as a default and a comment have; and
    /// gives the rest of what hangs on it.
    pub fn describe(&self, identity: &Identity, values: &Payload) -> (Description, Vec<&'a Difference>) {
        let mut description = describe(identity.kind, values);
        let mut rest = Vec::new();
        for inner in self.on(identity) {
            let is_nameless = inner.identity.name.is_empty() && self.on(&inner.identity).is_empty();
            let values = self::values(inner).filter(|_| is_nameless);
            match values.map(|values| describe(inner.identity.kind, values)) {
                Some(said) if said.blocks.is_empty() => {
                    let phrase = format!("{} {}", inner.identity.kind.word(), said.phrases.join(", "));
                    description.phrases.push(phrase.trim_end().to_owned());
                }
                _ => rest.push(*inner),
            }
        }
        (description, rest)
    }
}

/// The place of a column among its like; of all else, behind them.
fn position(difference: &Difference) -> u32 {
    let attributes = difference.identity.kind.attributes().iter();
    let position = attributes.zip(values(difference).into_iter().flatten()).find_map(|(attribute, value)| {
        let value = value.as_deref().filter(|_| attribute.element == Some(Element::ColumnOrder))?;
        value.parse().ok()
    });
    position.unwrap_or(u32::MAX)
}

/// The values of a fact that is on one side only.
pub fn values(difference: &Difference) -> Option<&Payload> {
    match &difference.change {
        Change::OnlyFirst { values } | Change::OnlySecond { values } => Some(values),
        Change::Changed { .. } | Change::Renamed { .. } => None,
    }
}

/// How many objects the differences are in.
pub fn objects(differences: &[Difference]) -> usize {
    by_schema(differences).iter().map(|schema| schema.objects.len()).sum()
}

/// The verdict in a sentence.
pub fn verdict(check: &Check) -> String {
    let differences = &check.comparison.differences;
    let (first, second) = (line(&check.first), line(&check.second));
    if !differences.is_empty() {
        let (number, objects) =
            (count(differences.len(), "difference"), count(objects(differences), "object"));
        return format!("{first} and {second} differ: {number} in {objects}");
    }
    let ignored = &check.comparison.ignored;
    let but = match (ignored.is_empty(), check.comparison.not_compared.is_empty()) {
        (true, true) => "",
        (false, true) => ", but for what is ignored",
        (true, false) => ", as far as they were compared",
        (false, false) => ", but for what is ignored, and as far as they were compared",
    };
    format!("{first} and {second} are equal{but}")
}

/// What was only counted because it is told only when asked for, a sentence each.
pub fn unasked(check: &Check) -> Vec<String> {
    let sentence = |&(element, number): &(Element, usize)| {
        let what = match (element, number) {
            (Element::ColumnOrder, 1) => "1 table has its columns in another order".to_owned(),
            (Element::ColumnOrder, _) => format!("{number} tables have their columns in another order"),
            (Element::Comments, _) => differ(number, "comment"),
            (Element::Owners, _) => differ(number, "owner"),
            (Element::Privileges, _) => differ(number, "privilege"),
            _ => format!("{} of {element}", count(number, "difference")),
        };
        format!("{what}; --with {element} shows {}", if number == 1 { "it" } else { "them" })
    };
    check.comparison.unasked.iter().map(sentence).collect()
}

fn differ(number: usize, what: &str) -> String {
    format!("{} {}", count(number, what), if number == 1 { "differs" } else { "differ" })
}
