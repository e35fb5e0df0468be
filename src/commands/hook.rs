//! `pum hook run`: what is verified when git pushes or commits, and what becomes of the push. Installing is
//! [`hook`](crate::hook).

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use crate::config::{Config, Hook, OnTimeout};
use crate::error::Kind;
use crate::git::{Commit, Pushed, Repository, Update};
use crate::progress::{Cancel, Progress};
use crate::{Error, Result};

/// What is to be verified: a commit that is pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// The commit.
    pub commit: Commit,
    /// The commit that counts as upstream, where the push goes there: what the branch of the remote has now, if the
    /// remote-tracking branch has another.
    pub upstream: Option<Commit>,
    /// Whether the push makes it a release on the remote: then it is verified also where nothing changed since the base.
    pub is_release: bool,
    /// The refs of the remote that get it.
    pub refs: Vec<String>,
}

/// What came of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is proven, or there was nothing to verify.
    Proven,
    /// It is refuted; the reasons have been told.
    Refuted,
    /// It could not be verified, for this reason.
    Unverified(String),
}

/// What becomes of the push, or the commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It goes on.
    Pass,
    /// It is refused.
    Refuse,
}

/// The tasks of a push: each commit once. Nothing is to be verified of deletions, of what the remote has already unless it
/// becomes a release, of tags that name no commit, and of commits without `file`, their pum.yaml from the top of the
/// repository.
///
/// # Errors
/// An object that cannot be read.
pub fn tasks(
    repository: &Repository,
    updates: &[Update],
    remote: &str,
    file: Option<&Path>,
) -> Result<Vec<Task>> {
    let mut tasks = Vec::new();
    for Pushed { commit, updates, before, is_new } in repository.pushed(updates, remote)? {
        let config = match file {
            None => Config::default(),
            Some(file) => match repository.entry(&commit, file)? {
                None => continue,
                Some(id) => {
                    let text = String::from_utf8_lossy(&repository.content(id)?).into_owned();
                    // What is wrong with it, the verification tells.
                    Config::parse(file, &text).unwrap_or_default()
                }
            },
        };
        let is_release =
            updates.iter().filter_map(Update::tag).any(|tag| config.releases.version(tag).is_some());
        if !is_new && !is_release {
            continue;
        }
        let tracking = config.upstream.as_deref().unwrap_or("origin/HEAD");
        let upstream = repository.followed(tracking).and_then(|(name, branch)| {
            let goes_there = |update: &&Update| name == remote && update.branch() == Some(&branch);
            let update = updates.iter().find(goes_there)?;
            let there = before.iter().find(|commit| commit.name == update.remote_ref)?;
            // What is known here has the better name.
            let is_known = repository.commit(tracking).is_ok_and(|known| known.id == there.id);
            (!is_known).then(|| there.clone())
        });
        let refs = updates.into_iter().map(|update| update.remote_ref).collect();
        tasks.push(Task { commit, upstream, is_release, refs });
    }
    Ok(tasks)
}

/// Verifies all that has a label, by its place in the list, within the time that the hook has. What is found is told by
/// `verify`; what could not be verified is told here, loudly, and goes through unless it is configured otherwise.
///
/// # Errors
/// What `verify` fails with, unless that only says that it could not be verified; an interruption.
pub fn run(
    what: &str,
    labels: &[String],
    hook: Hook,
    verify: &dyn Fn(usize, &Cancel) -> Result<Answer>,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Decision> {
    let clock = Clock::start(hook.timeout, cancel);
    let mut refuted = false;
    let mut unverified = Vec::new();
    for (number, label) in labels.iter().enumerate() {
        let late = || format!("{label}: {} s were not enough", hook.timeout.as_secs_f64());
        if clock.is_over() {
            unverified.push(late());
            continue;
        }
        match verify(number, &clock.cancel) {
            _ if cancel.is_requested() => {
                return Err(
                    Error::interrupted("interrupted").note("state", format!("nothing was {}", done(what)))
                );
            }
            Ok(Answer::Proven) => {}
            Ok(Answer::Refuted) => refuted = true,
            Ok(Answer::Unverified(_)) | Err(_) if clock.is_over() => unverified.push(late()),
            Ok(Answer::Unverified(reason)) => unverified.push(format!("{label}: {reason}")),
            Err(error) if error.kind == Kind::Failed => unverified.push(format!("{label}: {error}")),
            Err(error) => return Err(error),
        }
    }
    for reason in &unverified {
        progress.warning(&format!("NOT VERIFIED: {reason}"));
    }
    let refuses = !unverified.is_empty() && hook.on_timeout == OnTimeout::Refuse;
    if refuses && !refuted {
        return Err(Error::new(Kind::No, format!("what could not be verified is not {}", done(what)))
            .note("reason", "hook.on_timeout is refuse in pum.yaml")
            .hint(format!("PUM_SKIP=1 git {what} goes on without verifying")));
    }
    if !unverified.is_empty() && !refuted {
        progress.warning(&format!(
            "the {what} goes on all the same; pum verify verifies without a limit of time, hook.on_timeout: refuse in pum.yaml refuses"
        ));
    }
    Ok(if refuted { Decision::Refuse } else { Decision::Pass })
}

/// `pushed`, `committed`.
fn done(what: &str) -> &'static str {
    if what == "push" { "pushed" } else { "committed" }
}

impl Task {
    /// What the user knows it by: the branches and tags, without the commit.
    pub fn names(&self) -> String {
        let short = |name: &String| {
            let name = name.strip_prefix("refs/heads/").unwrap_or(name);
            name.strip_prefix("refs/").unwrap_or(name).to_owned()
        };
        self.refs.iter().map(short).collect::<Vec<_>>().join(", ")
    }
}

/// The time that a hook has. When it is over, or when the user wants to stop, the work is asked to stop.
struct Clock {
    cancel: Cancel,
    over: Arc<AtomicBool>,
    /// Dropped, it ends the thread that waits.
    _end: std::sync::mpsc::Sender<()>,
}

impl Clock {
    fn start(timeout: Duration, user: &Cancel) -> Clock {
        let (end, ended) = channel();
        let clock = Clock { cancel: Cancel::default(), over: Arc::default(), _end: end };
        let (cancel, over, user) = (clock.cancel.clone(), Arc::clone(&clock.over), user.clone());
        let until = std::time::Instant::now() + timeout;
        std::thread::spawn(move || {
            loop {
                let left = until.saturating_duration_since(std::time::Instant::now());
                if ended.recv_timeout(left.min(Cancel::INTERVAL)) == Err(RecvTimeoutError::Disconnected) {
                    return;
                }
                if user.is_requested() {
                    cancel.request();
                    return;
                }
                if left.is_zero() {
                    over.store(true, Ordering::SeqCst);
                    cancel.request();
                    return;
                }
            }
        });
        clock
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::progress::Event;

    #[derive(Default)]
    struct Warnings(RefCell<Vec<String>>);

    impl Progress for Warnings {
        fn event(&self, event: &Event<'_>) {
            if let Event::Warning { text } = event {
                self.0.borrow_mut().push((*text).to_owned());
            }
        }
    }

    const LABELS: [&str; 2] = ["one", "two"];

    fn decide(
        hook: Hook,
        verify: &dyn Fn(usize, &Cancel) -> Result<Answer>,
    ) -> (Result<Decision>, Vec<String>) {
        let warnings = Warnings::default();
        let decision = run("push", &LABELS.map(str::to_owned), hook, verify, &warnings, &Cancel::default());
        (decision, warnings.0.into_inner())
    }

    #[test]
    fn one_refuted_commit_refuses_the_push_and_the_others_are_verified_all_the_same() {
        let seen = RefCell::new(Vec::new());
        let (decision, _) = decide(Hook::default(), &|number, _| {
            seen.borrow_mut().push(number);
            Ok(if number == 0 { Answer::Refuted } else { Answer::Proven })
        });
        assert_eq!(decision.unwrap(), Decision::Refuse);
        assert_eq!(seen.into_inner(), [0, 1]);
    }

    #[test]
    fn what_takes_too_long_is_stopped_and_goes_through_with_a_warning() {
        let hook = Hook { timeout: Duration::from_millis(20), on_timeout: OnTimeout::Pass };
        let slow = |_: usize, cancel: &Cancel| {
            while !cancel.is_requested() {
                std::thread::sleep(Duration::from_millis(1));
            }
            Err(Error::interrupted("interrupted"))
        };
        let (decision, warnings) = decide(hook, &slow);
        assert_eq!(decision.unwrap(), Decision::Pass);
        assert!(warnings[0].starts_with("NOT VERIFIED: one: "), "{warnings:?}");
        assert!(warnings[1].starts_with("NOT VERIFIED: two: "), "{warnings:?}");
        assert_eq!(warnings.len(), 3);
        let (decision, _) = decide(Hook { on_timeout: OnTimeout::Refuse, ..hook }, &slow);
        assert_eq!(decision.unwrap_err().kind, Kind::No);
    }

    #[test]
    fn what_cannot_be_verified_goes_through_unless_configured_otherwise() {
        let cannot = |_: usize, _: &Cancel| Ok(Answer::Unverified("no initdb".to_owned()));
        let (decision, warnings) = decide(Hook::default(), &cannot);
        assert_eq!(decision.unwrap(), Decision::Pass);
        assert!(warnings[0].contains("no initdb"), "{warnings:?}");
        let refuse = Hook { on_timeout: OnTimeout::Refuse, ..Hook::default() };
        assert_eq!(decide(refuse, &cannot).0.unwrap_err().kind, Kind::No);
    }

    #[test]
    fn an_interruption_by_the_user_is_no_timeout() {
        let cancel = Cancel::default();
        let verify = |_: usize, inner: &Cancel| {
            cancel.request();
            while !inner.is_requested() {
                std::thread::sleep(Duration::from_millis(1));
            }
            Err(Error::interrupted("interrupted"))
        };
        let decision =
            run("push", &["one".to_owned()], Hook::default(), &verify, &Warnings::default(), &cancel);
        assert_eq!(decision.unwrap_err().kind, Kind::Interrupted);
    }
}
