//! What becomes of each fact, decided from the differences and from what those force on what is not different itself:
//! who needs what is dropped or gets another type has to be made again, and so has who needs that one.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::rules::{self, Fact};
use super::side::Side;
use crate::catalog::{Identity, Kind};
use crate::compare::{Change, Difference};

/// What becomes of a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It is made.
    Create,
    /// It is dropped.
    Drop,
    /// It is altered: the names of its attributes that differ, none where only its ties or its type's making do.
    Alter(Vec<&'static str>),
    /// It is dropped and made.
    Anew,
}

/// What becomes of each fact that does not stay as it is.
#[derive(Debug)]
pub struct Fates<'a> {
    /// The old side.
    pub old: &'a Side<'a>,
    /// The new side.
    pub new: &'a Side<'a>,
    fates: BTreeMap<Arc<Identity>, Fate>,
    /// Columns and attributes whose type is made anew under its name.
    retyped: BTreeSet<Arc<Identity>>,
    /// Partitions, children and owned sequences that are untied and tied again.
    retied: BTreeSet<Arc<Identity>>,
}

/// Why others have to be looked at.
enum Cause {
    /// The fact goes, for good or to come again.
    Gone(Arc<Identity>),
    /// The column has another type.
    Retyped(Arc<Identity>),
}

impl<'a> Fates<'a> {
    /// Decides.
    pub fn decide(old: &'a Side<'a>, new: &'a Side<'a>, differences: &[Difference]) -> Fates<'a> {
        let mut fates =
            Fates { old, new, fates: BTreeMap::new(), retyped: BTreeSet::new(), retied: BTreeSet::new() };
        let mut causes = VecDeque::new();
        for difference in differences {
            let identity = &difference.identity;
            let fate = match &difference.change {
                Change::OnlyFirst { .. } => Fate::Drop,
                Change::OnlySecond { .. } => Fate::Create,
                Change::Changed { attributes } => {
                    Fate::Alter(attributes.iter().map(|change| change.attribute.name).collect())
                }
                // Names are decided before anything is written.
                Change::Renamed { .. } => continue,
            };
            fates.fates.insert(Arc::clone(identity), fate);
        }
        let altered: Vec<Arc<Identity>> = fates.fates.keys().cloned().collect();
        for identity in altered {
            fates.settle(&identity, &mut causes);
        }
        while let Some(cause) = causes.pop_front() {
            match cause {
                Cause::Gone(gone) => fates.gone(&gone, &mut causes),
                Cause::Retyped(column) => fates.retyped(&column, &mut causes),
            }
        }
        fates
    }

    /// What becomes of a fact; none if it stays.
    pub fn get(&self, identity: &Identity) -> Option<&Fate> {
        self.fates.get(identity)
    }

    /// All that do not stay.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<Identity>, &Fate)> {
        self.fates.iter()
    }

    /// Whether it is dropped, for good or to come again.
    pub fn is_gone(&self, identity: &Identity) -> bool {
        matches!(self.get(identity), Some(Fate::Drop | Fate::Anew))
    }

    /// Whether it is made, for the first time or again.
    pub fn is_made(&self, identity: &Identity) -> bool {
        matches!(self.get(identity), Some(Fate::Create | Fate::Anew))
    }

    /// Whether its type is made anew under its name.
    pub fn is_retyped(&self, identity: &Identity) -> bool {
        self.retyped.contains(identity)
    }

    /// Whether it is untied and tied again although it says the same.
    pub fn is_retied(&self, identity: &Identity) -> bool {
        self.retied.contains(identity)
    }

    /// Whether a type goes out of the way and stays until its columns have come to the new one.
    pub fn is_retired(&self, identity: &Identity) -> bool {
        self.get(identity) == Some(&Fate::Anew)
            && is_type(identity)
            && self.old.needed_by(identity).iter().any(|user| {
                matches!(user.kind, Kind::Column | Kind::Attribute)
                    && matches!(self.get(user), Some(Fate::Alter(_)))
            })
    }

    /// Finds out whether a fact can be altered, and what its fate is the cause of.
    fn settle(&mut self, identity: &Arc<Identity>, causes: &mut VecDeque<Cause>) {
        if let Some(Fate::Alter(changed)) = self.fates.get(identity).cloned() {
            let is_retyped = self.is_retyped(identity);
            let has_type = is_retyped || changed.iter().any(|name| matches!(*name, "type" | "collation"));
            let alteration = rules::alteration(identity, (self.old, self.new), changed, is_retyped);
            if rules::alter(&alteration).is_none() {
                self.fates.insert(Arc::clone(identity), Fate::Anew);
            } else if has_type && identity.kind == Kind::Column {
                causes.push_back(Cause::Retyped(Arc::clone(identity)));
            }
        }
        if self.is_gone(identity) {
            causes.push_back(Cause::Gone(Arc::clone(identity)));
        }
    }

    /// A fact is dropped: who needs it goes too, and who can comes again.
    fn gone(&mut self, gone: &Arc<Identity>, causes: &mut VecDeque<Cause>) {
        // With it goes and comes what hangs on it.
        for part in self.old.hanging(gone) {
            self.make_anew(part, causes);
        }
        if self.is_made(gone) {
            for part in self.new.hanging(gone).iter().filter(|part| !self.old.has(part)) {
                self.fates.insert(Arc::clone(part), Fate::Create);
            }
        }
        for user in self.old.needed_by(gone) {
            if self.is_gone(user) || user.chain().skip(1).any(|above| above == &**gone) {
                continue;
            }
            let needs_still = self.needs_still(user, gone);
            let is_relation = matches!(user.kind, Kind::Table | Kind::ForeignTable);
            let is_owned = user.kind == Kind::Sequence && gone.kind == Kind::Column;
            if is_owned || is_relation && self.old.parents(user).contains(&gone) {
                self.tie_again(user);
            } else if matches!(user.kind, Kind::Column | Kind::Attribute)
                && is_type(gone)
                && self.old.value(user, "generated").is_none()
                && !is_of_view(user)
            {
                if needs_still {
                    self.retyped.insert(Arc::clone(user));
                    self.fates.entry(Arc::clone(user)).or_insert(Fate::Alter(Vec::new()));
                    self.settle(user, causes);
                }
            } else if !matches!(self.get(user), Some(Fate::Alter(_))) || needs_still {
                self.make_anew(user, causes);
            }
        }
    }

    /// A column has another type: what the server refuses to alter with it goes and comes again.
    fn retyped(&mut self, column: &Arc<Identity>, causes: &mut VecDeque<Cause>) {
        let types = |side: &Side<'_>| side.value(column, "type").unwrap_or_default().to_owned();
        let (old, new) = (types(self.old), types(self.new));
        let is_cast = self.is_retyped(column)
            || rules::needs_using(&old, &new, self.old, self.new) != rules::Using::Nothing;
        let is_other_type = self.is_retyped(column) || rules::base_type(&old) != rules::base_type(&new);
        for user in self.old.needed_by(column) {
            if self.is_gone(user) {
                continue;
            }
            let is_refused = match user.kind {
                Kind::View
                | Kind::MaterializedView
                | Kind::Rule
                | Kind::Policy
                | Kind::Function
                | Kind::Procedure
                | Kind::Trigger
                | Kind::PublicationTable
                | Kind::Statistics => true,
                // A generated one.
                Kind::Column => self.old.value(user, "generated").is_some(),
                Kind::Constraint => self.old.is_foreign_key(user) || is_cast && !self.is_plain_key(user),
                Kind::Index => is_cast,
                Kind::Default => is_other_type,
                _ => false,
            };
            let stays = matches!(self.get(user), Some(Fate::Alter(_))) && !self.needs_still(user, column);
            if is_refused && !stays {
                self.make_anew(user, causes);
            }
        }
    }

    /// Whether a constraint is a primary key or unique: the server builds its index again.
    fn is_plain_key(&self, constraint: &Identity) -> bool {
        let definition = self.old.value(constraint, "definition").unwrap_or_default();
        definition.starts_with("PRIMARY KEY") || definition.starts_with("UNIQUE")
    }

    /// Whether a fact needs another on the new side too, or one that takes its name.
    fn needs_still(&self, user: &Identity, gone: &Identity) -> bool {
        let names = super::names::taken(gone, self.old.has_index(gone));
        self.new.details.dependencies.needs(user).any(|needed| {
            &**needed == gone
                || super::names::taken(needed, self.new.has_index(needed))
                    .iter()
                    .any(|name| names.contains(name))
        })
    }

    fn make_anew(&mut self, identity: &Arc<Identity>, causes: &mut VecDeque<Cause>) {
        if !self.is_gone(identity) {
            let fate = if self.new.has(identity) { Fate::Anew } else { Fate::Drop };
            self.fates.insert(Arc::clone(identity), fate);
            causes.push_back(Cause::Gone(Arc::clone(identity)));
        }
    }

    fn tie_again(&mut self, identity: &Arc<Identity>) {
        self.retied.insert(Arc::clone(identity));
        self.fates.entry(Arc::clone(identity)).or_insert(Fate::Alter(Vec::new()));
    }

    /// The statements that alter a fact.
    pub fn alter(&self, identity: &Arc<Identity>, changed: &[&'static str]) -> Vec<super::Statement> {
        let alteration =
            rules::alteration(identity, (self.old, self.new), changed.to_vec(), self.is_retyped(identity));
        rules::alter(&alteration).unwrap_or_default()
    }

    /// A fact on the old side.
    pub fn before<'s>(&'s self, identity: &'s Identity) -> Fact<'s> {
        Fact { identity, side: self.old }
    }

    /// A fact on the new side.
    pub fn after<'s>(&'s self, identity: &'s Identity) -> Fact<'s> {
        Fact { identity, side: self.new }
    }
}

/// Whether it is a type that columns may have.
pub fn is_type(identity: &Identity) -> bool {
    matches!(identity.kind, Kind::Enum | Kind::Domain | Kind::RangeType | Kind::CompositeType)
}

/// Whether a column is that of a view, which has no data of its own.
fn is_of_view(column: &Identity) -> bool {
    column.on.as_deref().is_some_and(|on| matches!(on.kind, Kind::View | Kind::MaterializedView))
}
