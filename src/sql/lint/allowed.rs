//! `-- pum: allow RULE reason`: hazards that are meant. It holds for the next statement; in the header, before the first
//! one, for the whole file. Several rules have commas between them.

use std::ops::Range;

use super::super::{Script, Source};
use super::Hazard;
use super::levels::{BAD_ALLOW, resolve};

/// What a file allows, and where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed(Vec<(String, Range<usize>)>);

impl Allowed {
    /// Reads it, and gives what is wrong with how it is said.
    pub fn of(source: &Source, script: &Script) -> (Allowed, Vec<Hazard>) {
        let statements: Vec<Range<usize>> = script.statements().map(super::super::Statement::range).collect();
        let mut allowed = Vec::new();
        let mut wrong = Vec::new();
        for directive in script.directives.allowing() {
            let start = directive.range.start;
            let scope = match statements.iter().position(|statement| statement.end > start) {
                Some(0) if statements[0].start > start => 0..source.text.len(),
                // From the comment on, for a statement may have one inside.
                Some(next) => start..statements[next].end,
                None => continue,
            };
            let mut complain = |message: String| {
                wrong.push(Hazard {
                    rule: BAD_ALLOW.to_owned(),
                    message,
                    range: directive.range.clone(),
                    help: Some("say it like this: -- pum: allow RULE reason".to_owned()),
                });
            };
            // `allow a, b reason` and `allow a,b reason` name two rules.
            let mut names = Vec::new();
            let mut words = directive.arguments.iter();
            for word in words.by_ref() {
                names.extend(word.split(',').filter(|name| !name.is_empty()));
                if !word.ends_with(',') {
                    break;
                }
            }
            if names.is_empty() {
                complain("it does not say what is allowed".to_owned());
            } else if words.len() == 0 {
                complain(format!("it does not say why {} is allowed", names.join(", ")));
            }
            for name in names {
                match resolve(name) {
                    Ok(rules) => allowed.extend(rules.into_iter().map(|rule| (rule, scope.clone()))),
                    Err(why) => complain(why),
                }
            }
        }
        (Allowed(allowed), wrong)
    }

    /// Whether a rule may be broken at a place.
    pub fn covers(&self, rule: &str, place: usize) -> bool {
        self.0
            .iter()
            .any(|(allowed, scope)| allowed == rule && (scope.contains(&place) || scope.end == place))
    }
}
