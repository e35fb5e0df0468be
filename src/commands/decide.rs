//! `pum check --interactive`: which differences are to be ignored, how wide, why, and in which file that is written.
//! What is asked is decided here; how it is asked is the terminal's.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::check::Check;
use crate::catalog::Element;
use crate::compare::ignore::{PathPattern, Rule, Until, Width, Written, apply, propose, widths};
use crate::compare::{Change, Difference};
use crate::config::ignores::{self, Ignores, LOCAL_FILE, PROJECT_FILE, Pruned, RuleFile};
use crate::{Error, Result};

/// Somebody who answers.
pub trait Ask {
    /// Which of these, by their places; nothing is marked at first.
    ///
    /// # Errors
    /// All questions: why there is no answer.
    fn mark(&self, question: &str, items: &[String]) -> Answer<Vec<usize>>;

    /// Which one of these, by its place.
    ///
    /// # Errors
    /// As [`Ask::mark`].
    fn choose(&self, question: &str, items: &[String]) -> Answer<usize>;

    /// A line, beginning with a text that may be edited; `check` says what is wrong with it.
    ///
    /// # Errors
    /// As [`Ask::mark`].
    fn line(
        &self,
        question: &str,
        begin: &str,
        check: &dyn Fn(&str) -> std::result::Result<(), String>,
    ) -> Answer<String>;

    /// Yes or no; no unless yes is said.
    ///
    /// # Errors
    /// As [`Ask::mark`].
    fn agree(&self, question: &str) -> Answer<bool>;

    /// Shows a text.
    fn show(&self, text: &str);
}

/// What was answered.
pub type Answer<T> = std::result::Result<T, NoAnswer>;

/// Why there is no answer.
#[derive(Debug)]
pub enum NoAnswer {
    /// Esc: enough.
    Left,
    /// Ctrl-C.
    Interrupted,
    /// The terminal failed.
    Failed(std::io::Error),
}

/// What was decided.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The rules.
    pub rules: Vec<Rule>,
    /// Whether they go to this site's file, and not to the project's.
    pub local: bool,
    /// Whether git shall be kept from taking that file.
    pub keep_from_git: bool,
}

/// Asks what is to be ignored of what a check found. Nothing is written; `None` if nothing shall be.
///
/// # Errors
/// An interruption, and a terminal that fails.
pub fn decide(check: &Check, ignores: &Ignores, ask: &dyn Ask) -> Result<Option<Decision>> {
    match ask_all(&check.comparison.differences, ignores, ask) {
        Ok(decision) => Ok(decision),
        Err(NoAnswer::Left) => Ok(None),
        Err(NoAnswer::Interrupted) => {
            Err(Error::interrupted("interrupted").note("state", "no rule was written"))
        }
        Err(NoAnswer::Failed(cause)) => Err(Error::failed(format!("the terminal cannot be asked: {cause}"))
            .note("state", "no rule was written")
            .caused_by(cause)),
    }
}

/// Writes what was decided, and gives the rules as they are written.
///
/// # Errors
/// A file that cannot be written.
pub fn write(decision: &Decision, ignores: &Ignores) -> Result<Vec<Arc<Written>>> {
    let file = file_of(decision.local, ignores);
    let text = file.appended(&decision.rules)?;
    file.write(&text)?;
    if decision.keep_from_git {
        ignores::keep_from_git(file)?;
    }
    let all = RuleFile::read(file.path().to_owned())?;
    let old = all.rules().len().saturating_sub(decision.rules.len());
    Ok(all.rules()[old..].to_vec())
}

/// Takes the rules out of their files that match nothing any more, and those whose date is over. What is over with a
/// version stays: other databases may not be there yet.
///
/// # Errors
/// As [`Ignores::prune`].
pub fn prune(check: &Check, ignores: &Ignores) -> Result<Vec<Pruned>> {
    let is_over = |written: &&Arc<Written>| matches!(written.rule.until, Some(Until::Date(_)));
    let comparison = &check.comparison;
    let rules: Vec<Arc<Written>> =
        comparison.idle.iter().chain(comparison.expired.iter().filter(is_over)).cloned().collect();
    ignores.prune(&rules)
}

fn file_of(local: bool, ignores: &Ignores) -> &RuleFile {
    if local { &ignores.local } else { &ignores.project }
}

fn ask_all(differences: &[Difference], ignores: &Ignores, ask: &dyn Ask) -> Answer<Option<Decision>> {
    let chosen = choose(differences, ask)?;
    if chosen.is_empty() {
        return Ok(None);
    }
    let mut rules = rules_for(&chosen, ask)?;
    let needed = |text: &str| {
        if text.trim().is_empty() { Err("a rule needs a reason".to_owned()) } else { Ok(()) }
    };
    let reason = ask.line("Reason, one line", "", &needed)?.trim().to_owned();
    for rule in &mut rules {
        rule.reason = Some(reason.clone());
    }
    let files = [
        format!("{PROJECT_FILE}: the project's, in git"),
        format!("{LOCAL_FILE}: this site's own, not in git"),
    ];
    let local = ask.choose("File", &files)? == 1;
    let file = file_of(local, ignores);
    let (left, _) = apply(differences.to_vec(), &unplaced(&rules));
    let text = ignores::text_of(&rules, 0);
    ask.show(&format!(
        "\n{} for {}; {} of {} differences {} left:\n\n{text}",
        if rules.len() == 1 { "1 rule".to_owned() } else { format!("{} rules", rules.len()) },
        file.path().display(),
        left.len(),
        differences.len(),
        if left.len() == 1 { "is" } else { "are" },
    ));
    let keep_from_git = local && file.is_seen_by_git() && {
        ask.show(&format!("git does not ignore {}.\n", file.path().display()));
        ask.agree("Add it to .gitignore?")?
    };
    let is_meant = ask.agree("Write?")?;
    Ok(is_meant.then_some(Decision { rules, local, keep_from_git }))
}

/// First groups, then differences of these.
fn choose<'a>(differences: &'a [Difference], ask: &dyn Ask) -> Answer<Vec<&'a Difference>> {
    let mut groups: BTreeMap<(&str, Element), Vec<&Difference>> = BTreeMap::new();
    for difference in differences {
        let schema = difference.identity.schema().unwrap_or_default();
        groups.entry((schema, difference.element())).or_default().push(difference);
    }
    let items: Vec<String> = groups
        .iter()
        .map(|((schema, element), of_it)| {
            let place = if schema.is_empty() { "in no schema".to_owned() } else { format!("in {schema}") };
            format!("{element} {place}: {}", of_it.len())
        })
        .collect();
    let marked = ask.mark("Groups", &items)?;
    let groups: Vec<Vec<&Difference>> = groups.into_values().collect();
    let of_groups: Vec<&Difference> = marked.into_iter().flat_map(|index| groups[index].clone()).collect();
    if of_groups.is_empty() {
        return Ok(Vec::new());
    }
    let items: Vec<String> = of_groups.iter().map(|difference| sentence(difference)).collect();
    let marked = ask.mark("Differences to ignore", &items)?;
    Ok(marked.into_iter().map(|index| of_groups[index]).collect())
}

/// A difference in a line.
fn sentence(difference: &Difference) -> String {
    let identity = &difference.identity;
    match &difference.change {
        Change::OnlyFirst { .. } => format!("- {identity}"),
        Change::OnlySecond { .. } => format!("+ {identity}"),
        Change::Renamed { to } => format!("~ {identity}: {}", to.name),
        Change::Changed { attributes } => {
            let names: Vec<&str> = attributes.iter().map(|change| change.attribute.name).collect();
            format!("~ {identity}: {}", names.join(", "))
        }
    }
}

/// How wide each is to be; what a rule before covers already is not asked for.
fn rules_for(chosen: &[&Difference], ask: &dyn Ask) -> Answer<Vec<Rule>> {
    let mut rules: Vec<Rule> = Vec::new();
    for (index, difference) in chosen.iter().enumerate() {
        if is_covered(difference, &rules) {
            continue;
        }
        let left: Vec<&Difference> = if index + 1 == chosen.len() {
            Vec::new()
        } else {
            chosen[index..].iter().copied().filter(|other| !is_covered(other, &rules)).collect()
        };
        let widths = widths(difference);
        let mut items: Vec<String> = widths.iter().map(|width| label(difference, width)).collect();
        if left.len() > 1 {
            items.push(format!("each of the {} left: the object", left.len()));
            items.push(format!("each of the {} left: just what differs now", left.len()));
        }
        let question = format!("{} of {}: {}", index + 1, chosen.len(), sentence(difference));
        match ask.choose(&question, &items)? {
            choice if choice < widths.len() => {
                rules.push(match &widths[choice] {
                    Width::Pattern(pattern) => {
                        propose(difference, &Width::Pattern(edit(difference, pattern, ask)?))
                    }
                    width => propose(difference, width),
                });
            }
            choice => {
                let narrow = choice > widths.len();
                rules.extend(left.iter().map(|difference| {
                    let width = if narrow { Width::narrowest(difference) } else { Width::Object };
                    propose(difference, &width)
                }));
                return Ok(rules);
            }
        }
    }
    Ok(rules)
}

fn label(difference: &Difference, width: &Width) -> String {
    match width {
        Width::Object => "this object, with what hangs on it".to_owned(),
        Width::Attributes(names) => format!("only its {}", names.join(", ")),
        Width::Pattern(_) => format!("all {} whose names match a pattern", group(difference)),
    }
}

/// What a pattern is about: `columns in app`.
fn group(difference: &Difference) -> String {
    match difference.identity.schema() {
        Some(schema) => format!("{} in {schema}", difference.element()),
        None => difference.element().to_string(),
    }
}

fn edit(difference: &Difference, pattern: &PathPattern, ask: &dyn Ask) -> Answer<PathPattern> {
    let begin = pattern.to_string();
    let is_pattern = |text: &str| text.parse::<PathPattern>().map(drop);
    let text = ask.line(&format!("Pattern for names of {}", group(difference)), &begin, &is_pattern)?;
    // It was checked.
    Ok(text.parse().unwrap_or_else(|_| pattern.clone()))
}

fn is_covered(difference: &Difference, rules: &[Rule]) -> bool {
    !rules.is_empty() && apply(vec![difference.clone()], &unplaced(rules)).0.is_empty()
}

/// Rules that no file has yet.
fn unplaced(rules: &[Rule]) -> Vec<Arc<Written>> {
    let written = |rule: &Rule| Arc::new(Written { rule: rule.clone(), file: Default::default(), line: 0 });
    rules.iter().map(written).collect()
}
