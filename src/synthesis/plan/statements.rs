//! The statements of each action.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::super::action::{Action, Deed, Statement};
use super::super::fates::Fate;
use super::super::names::{self, name, qualified};
use super::super::rules;
use super::Plan;
use crate::catalog::{Identity, Kind};

impl Plan<'_> {
    /// The actions with their statements, in this order.
    pub fn actions(&self, order: &[usize]) -> Vec<Action> {
        let places: HashMap<usize, usize> =
            order.iter().enumerate().map(|(place, number)| (*number, place)).collect();
        let mut folded: BTreeSet<usize> = BTreeSet::new();
        let mut actions = Vec::with_capacity(order.len());
        for number in order {
            let (identity, deed) = &self.actions[*number];
            let mut statements = self.statements(identity, *deed);
            if identity.object().kind == Kind::Subscription && self.fates.is_made(identity.object()) {
                statements = vec![rules::unwritten(deed.word(), identity)];
            }
            if *deed == Deed::Create && matches!(identity.kind, Kind::Table | Kind::ForeignTable) {
                let ready = |fact: &Identity| self.is_ready(fact, places[number], &places);
                folded.extend(self.fold_defaults(identity, &mut statements, ready));
            }
            if folded.contains(number) {
                continue;
            }
            actions.push(Action { identity: Arc::clone(identity), deed: *deed, statements });
        }
        actions
    }

    /// Whether all that a fact needs, but for its own table, is there at this place of the order.
    fn is_ready(&self, fact: &Identity, place: usize, places: &HashMap<usize, usize>) -> bool {
        let needs = self.fates.new.details.dependencies.needs(fact);
        let others = needs.filter(|needed| needed.object() != fact.object());
        others.filter_map(|needed| self.make_of(needed)).all(|make| places[&make] < place)
    }

    /// Defaults that can stand in CREATE TABLE; the numbers of their actions.
    fn fold_defaults(
        &self,
        table: &Identity,
        statements: &mut [Statement],
        is_ready: impl Fn(&Identity) -> bool,
    ) -> Vec<usize> {
        let Some(create) = statements.first_mut() else { return Vec::new() };
        let mut folded = Vec::new();
        for column in self.fates.new.hanging(table).iter().filter(|part| part.kind == Kind::Column) {
            let Some(default) = self.fates.new.hanging(column).iter().find(|part| part.kind == Kind::Default)
            else {
                continue;
            };
            let Some(number) = self.number(default, Deed::Create).filter(|_| is_ready(default)) else {
                continue;
            };
            let line = format!("\n    {}", rules::column(self.fates.after(column)));
            let Some(start) = create.sql.find(&line) else { continue };
            let at = start + line.len();
            if !create.sql[at..].starts_with([',', '\n']) {
                continue;
            }
            let expression = self.fates.new.value(default, "expression").unwrap_or_default();
            create.sql.insert_str(at, &format!(" DEFAULT {expression}"));
            folded.push(number);
        }
        folded
    }

    fn statements(&self, identity: &Arc<Identity>, deed: Deed) -> Vec<Statement> {
        let fates = self.fates;
        match deed {
            Deed::Drop if fates.is_retired(identity) => {
                let old = Identity { name: retired(&identity.name).into(), ..(**identity).clone() };
                vec![Statement::new(format!("DROP {}", names::object(&old)))]
            }
            Deed::Drop => rules::drop(fates.before(identity)),
            Deed::Announce => rules::announce(fates.after(identity)),
            Deed::Retire => {
                let word = if identity.kind == Kind::Domain { "DOMAIN" } else { "TYPE" };
                let rename = Statement::new(format!(
                    "ALTER {word} {} RENAME TO {}",
                    qualified(identity),
                    name(&retired(&identity.name))
                ));
                let multirange = fates.old.value(identity, "multirange type").map(|multirange| {
                    let own = multirange.rsplit('.').next().unwrap_or(multirange).trim_matches('"');
                    Statement::new(format!("ALTER TYPE {multirange} RENAME TO {}", name(&retired(own))))
                });
                std::iter::once(rename).chain(multirange).collect()
            }
            Deed::Create => {
                let mut statements = rules::create(fates.after(identity));
                let stays = |fact: &Identity| fates.get(fact) != Some(&Fate::Drop);
                statements.extend(rules::without_defaults(fates.after(identity), fates.old, stays));
                statements
            }
            Deed::Alter => match fates.get(identity) {
                Some(Fate::Alter(changed)) => fates.alter(identity, changed),
                _ => Vec::new(),
            },
            Deed::Detach if identity.kind == Kind::Sequence => {
                vec![Statement::new(format!("ALTER SEQUENCE {} OWNED BY NONE", qualified(identity)))]
            }
            Deed::Detach => self.detach(identity),
            Deed::Tie => match identity.kind {
                Kind::Table | Kind::ForeignTable => self.attach(identity),
                Kind::Sequence => rules::own(fates.after(identity)),
                _ => {
                    let above = fates.new.partition_of(identity);
                    let attach = above.map(|above| {
                        Statement::new(format!(
                            "ALTER INDEX {} ATTACH PARTITION {}",
                            qualified(&above),
                            qualified(identity)
                        ))
                    });
                    attach.into_iter().collect()
                }
            },
        }
    }
}

/// The name that a type has until nothing uses it any more.
fn retired(name: &str) -> String {
    let mut name = name.to_owned();
    name.truncate(name.floor_char_boundary(57));
    format!("{name}__old")
}
