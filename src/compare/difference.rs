//! What two catalogs do not share.

use std::sync::Arc;

use crate::catalog::{Attribute, Element, Identity, Kind, Payload, Value};

/// A fact that two sources do not share, or share with other attributes.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The fact.
    pub identity: Arc<Identity>,
    /// What about it.
    pub change: Change,
    /// What hangs on it, where it is on one side only.
    pub contents: Vec<Difference>,
}

/// How a fact differs.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// It is only in the first source.
    OnlyFirst {
        /// Its values there, one for each attribute of the kind.
        values: Payload,
    },
    /// It is only in the second source.
    OnlySecond {
        /// Its values there.
        values: Payload,
    },
    /// It is in both under two names, with the same values.
    Renamed {
        /// What it is called in the second source.
        to: Arc<Identity>,
    },
    /// It is in both, with other values.
    Changed {
        /// The attributes that differ.
        attributes: Vec<AttributeChange>,
    },
}

/// An attribute that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct AttributeChange {
    /// The attribute.
    pub attribute: &'static Attribute,
    /// Its value in the first source.
    pub first: Value,
    /// Its value in the second source.
    pub second: Value,
}

impl Difference {
    /// A difference with nothing folded into it.
    pub fn new(identity: &Arc<Identity>, change: Change) -> Difference {
        Difference { identity: Arc::clone(identity), change, contents: Vec::new() }
    }

    /// The element that it belongs to: that of the fact (columns of views belong to the views), or of the attributes
    /// that differ, where all of them belong to one other.
    pub fn element(&self) -> Element {
        let own = element(&self.identity);
        let Change::Changed { attributes } = &self.change else { return own };
        let mut others = attributes.iter().map(|change| change.attribute.element.unwrap_or(own));
        match others.next() {
            Some(other) if others.all(|another| another == other) => other,
            _ => own,
        }
    }
}

/// The element that a fact belongs to.
pub(super) fn element(identity: &Identity) -> Element {
    match identity.on.as_deref() {
        Some(Identity { kind: Kind::View | Kind::MaterializedView, .. })
            if matches!(identity.kind, Kind::Column | Kind::Default) =>
        {
            Element::Views
        }
        // A default hangs on a column.
        Some(on) if identity.kind == Kind::Default => element(on),
        _ => identity.kind.description().element,
    }
}
