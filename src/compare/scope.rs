//! What of a schema is compared.

use super::difference::element;
use super::{Change, Difference};
use crate::catalog::Element;

/// What of a schema is compared. The default is everything that is not compared only when asked for.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Elements to leave out (`-i`).
    pub ignore: Vec<Element>,
    /// The only elements to compare; empty for all (`--only`).
    pub only: Vec<Element>,
    /// Schemas to leave out (`-N`).
    pub exclude_schemas: Vec<String>,
    /// The only schemas to compare; empty for all (`--schema`).
    pub schemas: Vec<String>,
    /// Elements to compare although they are compared only when asked for (`--with`).
    pub with: Vec<Element>,
}

impl Scope {
    /// Whether any of it is in scope; attributes that are not are taken out of it.
    pub(super) fn covers(&self, difference: &mut Difference) -> bool {
        if !self.has_schema(difference.identity.schema()) {
            return false;
        }
        let own = element(&difference.identity);
        // With an element that is left out go the owners and comments of its objects.
        let mut above = difference.identity.chain().skip(1);
        if own.is_asked_for() && above.any(|above| self.ignore.contains(&element(above))) {
            return false;
        }
        if let Change::Changed { attributes } = &mut difference.change {
            attributes.retain(|change| self.has(change.attribute.element.unwrap_or(own)));
            return !attributes.is_empty();
        }
        self.has(own)
    }

    /// What of a difference is in scope and asked for; none if nothing is.
    pub fn within(&self, mut difference: Difference) -> Option<Difference> {
        if !self.covers(&mut difference) {
            return None;
        }
        let own = element(&difference.identity);
        if !self.is_asked_for(own) {
            return None;
        }
        if let Change::Changed { attributes } = &mut difference.change {
            attributes.retain(|change| self.is_asked_for(change.attribute.element.unwrap_or(own)));
            if attributes.is_empty() {
                return None;
            }
        }
        Some(difference)
    }

    fn has_schema(&self, schema: Option<&str>) -> bool {
        let Some(schema) = schema else { return self.schemas.is_empty() };
        let among = |names: &[String]| names.iter().any(|name| name == schema);
        !among(&self.exclude_schemas) && (self.schemas.is_empty() || among(&self.schemas))
    }

    pub(super) fn has(&self, element: Element) -> bool {
        !self.ignore.contains(&element) && (self.only.is_empty() || self.only.contains(&element))
    }

    /// Whether differences of this element are told, or only counted.
    pub(super) fn is_asked_for(&self, element: Element) -> bool {
        !element.is_asked_for() || self.with.contains(&element) || self.only.contains(&element)
    }

    /// Takes out what is compared only when asked for and was not, and counts it; but not what is folded into another
    /// difference: that a new table has an owner is no difference of owners.
    pub(super) fn divide(&self, differences: Vec<Difference>) -> (Vec<Difference>, Vec<(Element, usize)>) {
        let mut counts = std::collections::BTreeMap::new();
        let mut count = |element: Element| *counts.entry(element).or_insert(0) += 1;
        let mut kept = Vec::with_capacity(differences.len());
        for mut difference in differences {
            let own = element(&difference.identity);
            if !self.is_asked_for(own) {
                count(own);
                continue;
            }
            if let Change::Changed { attributes } = &mut difference.change {
                attributes.retain(|change| {
                    let element = change.attribute.element.unwrap_or(own);
                    let asked = self.is_asked_for(element);
                    if !asked {
                        count(element);
                    }
                    asked
                });
                if attributes.is_empty() {
                    continue;
                }
            }
            difference.contents.retain(|inner| self.is_asked_for(element(&inner.identity)));
            kept.push(difference);
        }
        (kept, counts.into_iter().collect())
    }
}
