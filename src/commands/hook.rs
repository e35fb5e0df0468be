//! `pum hook run`: what is verified when git pushes or commits, and what becomes of the push. Installing is
//! [`hook`](crate::hook).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use crate::config::{Hook, OnTimeout};
use crate::error::Kind;
use crate::git::{Commit, Pushed, Repository, Update};
use crate::progress::{Cancel, Progress};
use crate::{Error, Result};

/// What is to be verified: a commit that is pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// The commit.
    pub commit: Commit,
    /// The commit that counts as upstream, where the push goes there: what the branch of the remote has now, which a
    /// remote-tracking branch may not know yet.
    pub upstream: Option<Commit>,
    /// The tags that the push gives it on the remote.
    pub tags: Vec<String>,
    /// The refs of the remote that get it.
    pub refs: Vec<String>,
}

/// What came of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
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

/// The tasks of a push: each commit once. Nothing is to be verified of deletions, of what the remote has already, and of
/// tags that name no commit; a tag always is, for it may be a release.
///
/// # Errors
/// An object that cannot be read.
pub fn tasks(
    repository: &Repository,
    updates: &[Update],
    remote: &str,
    upstream: Option<&str>,
) -> Result<Vec<Task>> {
    let upstream = upstream.and_then(|tracking| repository.followed(tracking));
    let is_upstream = |update: &Update| {
        upstream.as_ref().is_some_and(|(name, branch)| name == remote && update.branch() == Some(branch))
    };
    let pushed = repository.pushed(updates, remote)?;
    let tasks = pushed.into_iter().filter_map(|Pushed { commit, updates, before, is_new }| {
        let tags: Vec<String> = updates.iter().filter_map(|update| Some(update.tag()?.to_owned())).collect();
        if !is_new && tags.is_empty() {
            return None;
        }
        let upstream = updates
            .iter()
            .find(|update| is_upstream(update))
            .and_then(|update| before.iter().find(|commit| commit.name == update.remote_ref).cloned());
        let refs = updates.into_iter().map(|update| update.remote_ref).collect();
        Some(Task { commit, upstream, tags, refs })
    });
    Ok(tasks.collect())
}

/// Does the tasks, all of them, within the time that the hook has. What is found is told by `verify`; what could not be
/// verified is told here, loudly, and goes through unless it is configured otherwise.
///
/// # Errors
/// What `verify` fails with, if it is no matter of time and none that says that it could not be verified; an
/// interruption.
pub fn run(
    what: &str,
    tasks: &[Task],
    hook: Hook,
    verify: &dyn Fn(&Task, &Cancel) -> Result<Verdict>,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Decision> {
    let clock = Clock::start(hook.timeout, cancel);
    let mut refuted = false;
    let mut unverified = Vec::new();
    for task in tasks {
        if clock.is_over() {
            unverified.push(late(task, hook.timeout));
            continue;
        }
        match verify(task, &clock.cancel) {
            Ok(Verdict::Proven) => {}
            Ok(Verdict::Refuted) => refuted = true,
            Ok(Verdict::Unverified(_)) if clock.is_over() => unverified.push(late(task, hook.timeout)),
            Ok(Verdict::Unverified(reason)) => unverified.push(format!("{}: {reason}", task.label())),
            Err(_) if clock.is_over() => unverified.push(late(task, hook.timeout)),
            Err(error) => return Err(error),
        }
        if cancel.is_requested() {
            return Err(
                Error::interrupted("interrupted").note("state", format!("nothing was {}", done(what)))
            );
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

fn late(task: &Task, timeout: Duration) -> String {
    format!("{}: {} s were not enough", task.label(), timeout.as_secs_f64())
}

impl Task {
    /// What the user knows it by.
    pub fn label(&self) -> String {
        let short = |name: &String| {
            let name = name.strip_prefix("refs/heads/").unwrap_or(name);
            name.strip_prefix("refs/").unwrap_or(name).to_owned()
        };
        let refs: Vec<String> = self.refs.iter().map(short).collect();
        if refs.is_empty() {
            self.commit.name.clone()
        } else {
            format!("{} ({})", refs.join(", "), self.commit.short())
        }
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

    fn task(name: &str) -> Task {
        let commit = Commit { id: git2::Oid::ZERO_SHA1, name: name.to_owned() };
        Task { commit, upstream: None, tags: Vec::new(), refs: vec![format!("refs/heads/{name}")] }
    }

    fn decide(
        hook: Hook,
        verify: &dyn Fn(&Task, &Cancel) -> Result<Verdict>,
    ) -> (Result<Decision>, Vec<String>) {
        let warnings = Warnings::default();
        let tasks = [task("one"), task("two")];
        let decision = run("push", &tasks, hook, verify, &warnings, &Cancel::default());
        (decision, warnings.0.into_inner())
    }

    #[test]
    fn one_refuted_commit_refuses_the_push_and_the_others_are_verified_all_the_same() {
        let seen = RefCell::new(Vec::new());
        let (decision, _) = decide(Hook::default(), &|task, _| {
            seen.borrow_mut().push(task.commit.name.clone());
            Ok(if task.commit.name == "one" { Verdict::Refuted } else { Verdict::Proven })
        });
        assert_eq!(decision.unwrap(), Decision::Refuse);
        assert_eq!(seen.into_inner(), ["one", "two"]);
    }

    #[test]
    fn what_takes_too_long_is_stopped_and_goes_through_with_a_warning() {
        let hook = Hook { timeout: Duration::from_millis(20), on_timeout: OnTimeout::Pass };
        let slow = |_: &Task, cancel: &Cancel| {
            while !cancel.is_requested() {
                std::thread::sleep(Duration::from_millis(1));
            }
            Err(Error::interrupted("interrupted"))
        };
        let (decision, warnings) = decide(hook, &slow);
        assert_eq!(decision.unwrap(), Decision::Pass);
        assert!(warnings[0].starts_with("NOT VERIFIED: one ("), "{warnings:?}");
        assert!(warnings[1].starts_with("NOT VERIFIED: two ("), "{warnings:?}");
        assert_eq!(warnings.len(), 3);
        let (decision, _) = decide(Hook { on_timeout: OnTimeout::Refuse, ..hook }, &slow);
        assert_eq!(decision.unwrap_err().kind, Kind::No);
    }

    #[test]
    fn what_cannot_be_verified_goes_through_unless_configured_otherwise() {
        let cannot = |_: &Task, _: &Cancel| Ok(Verdict::Unverified("no initdb".to_owned()));
        let (decision, warnings) = decide(Hook::default(), &cannot);
        assert_eq!(decision.unwrap(), Decision::Pass);
        assert!(warnings[0].contains("no initdb"), "{warnings:?}");
        let refuse = Hook { on_timeout: OnTimeout::Refuse, ..Hook::default() };
        assert_eq!(decide(refuse, &cannot).0.unwrap_err().kind, Kind::No);
    }

    #[test]
    fn an_interruption_by_the_user_is_no_timeout() {
        let cancel = Cancel::default();
        let verify = |_: &Task, inner: &Cancel| {
            cancel.request();
            while !inner.is_requested() {
                std::thread::sleep(Duration::from_millis(1));
            }
            Err(Error::interrupted("interrupted"))
        };
        let decision = run("push", &[task("one")], Hook::default(), &verify, &Warnings::default(), &cancel);
        assert_eq!(decision.unwrap_err().kind, Kind::Interrupted);
    }
}
