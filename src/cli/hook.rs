use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};

use super::Context;
use super::shadow::ShadowArguments;
use crate::commands::hook::{self, Answer, Decision, Task};
use crate::commands::verify::{self, What};
use crate::config::{Config, FILE_NAME};
use crate::git::{Candidate, Repository, Update};
use crate::hook::{Installed, Kind, Place, Removed, State, Status};
use crate::progress::{Cancel, Progress};
use crate::source::Loading;
use crate::terminal::Terminal;
use crate::verify::Verdict;
use crate::verify::proof::Means;
use crate::{Error, Result, report, source};

/// Verify the deltas of what git pushes, by itself
///
/// The hook verifies every commit of a push as `pum verify` does, and refuses the push if one is refuted. PUM_SKIP=1 git
/// push goes on without it. It holds a push up for a minute at most, and lets through what it could not verify; `hook:` in
/// pum.yaml says otherwise.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  pum hook install\n  pum hook status\n  PUM_SKIP=1 git push")]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Install(Install),
    Uninstall(Uninstall),
    Status(StatusArguments),
    Run(Run),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Type {
    /// Before a push: every stage, of every commit that is pushed
    PrePush,
    /// Before a commit: what needs no database, of what is going to be committed
    PreCommit,
}

impl From<Type> for Kind {
    fn from(kind: Type) -> Kind {
        match kind {
            Type::PrePush => Kind::PrePush,
            Type::PreCommit => Kind::PreCommit,
        }
    }
}

/// Install the hook where git looks for it
///
/// A hook that is there is kept beside, as pre-push.before-pum, and run first with the same arguments and input.
/// Installing again changes nothing, and replaces what another version of pum installed. Where husky, lefthook, pre-commit or hk
/// rules the hooks, or a core.hooksPath of all repositories, nothing is written, and the lines to add there are shown (exit
/// code 1).
#[derive(Debug, Args)]
struct Install {
    /// When it runs
    #[arg(long = "type", value_enum, value_name = "TYPE", default_value_t = Type::PrePush)]
    kind: Type,
    /// Put a hook of pum's aside that was edited
    #[arg(long)]
    force: bool,
}

/// Remove the hook; what was there before comes back
#[derive(Debug, Args)]
struct Uninstall {
    /// Which one [default: both]
    #[arg(long = "type", value_enum, value_name = "TYPE")]
    kind: Option<Type>,
    /// Put a hook of pum's aside that was edited
    #[arg(long)]
    force: bool,
}

/// Show whether the hook is installed, and how
///
/// Exit code 0 if it is, 1 if not.
#[derive(Debug, Args)]
struct StatusArguments {
    /// Which one [default: either]
    #[arg(long = "type", value_enum, value_name = "TYPE")]
    kind: Option<Type>,
    /// How to show it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

/// Verify what git says on standard input is pushed, or what is going to be committed; the hook runs this
#[derive(Debug, Args)]
struct Run {
    /// Which hook it is
    #[arg(value_enum, value_name = "TYPE")]
    kind: Type,
    /// What git gives the hook: the remote's name and its address
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENT")]
    arguments: Vec<String>,
}

impl Arguments {
    /// Does what git runs, if it is that: then a pum.yaml of the working tree that is not understood must not stand in
    /// the way.
    pub fn run_by_git(
        &self,
        config_file: Option<&Path>,
        terminal: &Terminal,
        cancel: &Cancel,
    ) -> Option<Result<u8>> {
        match &self.action {
            Action::Run(run) => Some(run.run(config_file, terminal, cancel)),
            _ => None,
        }
    }

    pub fn run(self, context: &Context<'_>) -> Result<u8> {
        match self.action {
            Action::Install(install) => install.run(context),
            Action::Uninstall(uninstall) => uninstall.run(context),
            Action::Status(status) => status.run(context),
            Action::Run(_) => Ok(0),
        }
    }
}

/// The place of a hook of the repository that pum runs in.
fn place(kind: Kind, context: &Context<'_>) -> Result<Place> {
    let repository = Repository::open(Path::new("."))?;
    Place::of(&repository, kind, context.config.file.as_deref())
}

impl Install {
    fn run(self, context: &Context<'_>) -> Result<u8> {
        install(self.kind.into(), self.force, context)?;
        Ok(0)
    }
}

/// Installs a hook, and says what was done.
pub(super) fn install(kind: Kind, force: bool, context: &Context<'_>) -> Result<()> {
    let terminal = context.terminal;
    let place = place(kind, context)?;
    let file = place.shown(&place.file());
    match place.install(force)? {
        Installed::Already => terminal.note(&format!("{file} is installed already")),
        Installed::Written { before, aside } => {
            if let Some(aside) = aside {
                terminal.note(&format!("the edited hook is {} now", place.shown(&aside)));
            }
            match before {
                Some((before, true)) => terminal.note(&format!(
                    "{file} is installed; the hook that was there is kept as {}, and run first",
                    place.shown(&before)
                )),
                Some((before, false)) => terminal.note(&format!(
                    "{file} is installed; the hook that was there is kept as {}, and not run: it may not be executed",
                    place.shown(&before)
                )),
                None => terminal.note(&format!("{file} is installed")),
            }
        }
    }
    if place.is_in_working_tree() {
        terminal.note(&format!("{file} is a file of the repository: commit it for the others"));
    }
    if context.config.file.is_none() {
        terminal.warning("there is no pum.yaml yet, so there is nothing to verify: pum init writes one");
    }
    Ok(())
}

impl Uninstall {
    fn run(self, context: &Context<'_>) -> Result<u8> {
        let terminal = context.terminal;
        let kinds = self.kind.map_or_else(|| Kind::ALL.to_vec(), |kind| vec![kind.into()]);
        let mut nothing = true;
        for kind in kinds {
            let place = place(kind, context)?;
            // Of two that nobody named, somebody else's is left alone.
            if self.kind.is_none()
                && matches!(place.status()?.state, State::Absent | State::Foreign | State::Called)
            {
                continue;
            }
            let file = place.shown(&place.file());
            match place.uninstall(self.force)? {
                Removed::Nothing => continue,
                Removed::Gone { is_back, aside } => {
                    if let Some(aside) = aside {
                        terminal.note(&format!("the edited hook is {} now", place.shown(&aside)));
                    }
                    let back = if is_back { "; the hook that was there before is back" } else { "" };
                    terminal.note(&format!("pum's hook {file} is removed{back}"));
                }
            }
            nothing = false;
        }
        if nothing {
            terminal.note("no hook of pum's is installed; nothing was done");
        }
        Ok(0)
    }
}

impl StatusArguments {
    fn run(self, context: &Context<'_>) -> Result<u8> {
        let kinds = self.kind.map_or_else(|| Kind::ALL.to_vec(), |kind| vec![kind.into()]);
        let places: Vec<Place> = kinds.into_iter().map(|kind| place(kind, context)).collect::<Result<_>>()?;
        let all: Vec<Status> = places.iter().map(Place::status).collect::<Result<_>>()?;
        match self.format {
            Format::Json => context.terminal.json(&all)?,
            Format::Text => {
                for (place, status) in places.iter().zip(&all) {
                    context.terminal.data(&describe(place, status))?;
                }
            }
        }
        Ok(u8::from(!all.iter().any(Status::is_in_force)))
    }
}

/// A status in a line, or a few.
fn describe(place: &Place, status: &Status) -> String {
    let file = place.shown(&status.file);
    let kind = status.kind;
    let mut text = match status.state {
        State::Absent => format!("{kind}: not installed"),
        State::Installed => format!("{kind}: installed, {file}"),
        State::Outdated => {
            format!(
                "{kind}: installed by another version of pum, {file}; pum hook install --type {kind} replaces it"
            )
        }
        State::Edited => format!("{kind}: installed and then edited, {file}"),
        State::Foreign => format!("{kind}: not installed; {file} is somebody else's"),
        State::Called => {
            format!("{kind}: pum is run by {}", status.manager.map_or_else(|| file.clone(), str::to_owned))
        }
    };
    if let Some(manager) = status.manager.filter(|_| status.state != State::Called) {
        text.push_str(&format!(
            "; {manager} rules the hooks here, and pum hook install says what to add to it"
        ));
    }
    if status.shared {
        text.push_str("; the directory is that of all repositories");
    }
    if let (true, Some(before)) =
        (matches!(status.state, State::Installed | State::Outdated | State::Edited), &status.before)
    {
        text.push_str(&format!("\n  before it runs {}", place.shown(before)));
    }
    if !status.executable && matches!(status.state, State::Installed | State::Outdated | State::Edited) {
        text.push_str(&format!("\n  git does not run it: chmod +x {file}"));
    }
    text
}

/// What git runs.
struct ByGit<'a> {
    repository: Repository,
    /// The configuration file that is named.
    config_file: Option<&'a Path>,
    /// Where commits have it, from the top of the repository; none if it is no file of the repository.
    inside: Option<PathBuf>,
    /// How long it may take: of the working tree.
    hook: crate::config::Hook,
    terminal: &'a Terminal,
}

impl Run {
    fn run(&self, config_file: Option<&Path>, terminal: &Terminal, cancel: &Cancel) -> Result<u8> {
        if std::env::var("PUM_SKIP").is_ok_and(|skip| !skip.is_empty() && skip != "0") {
            terminal.warning("PUM_SKIP is set, so nothing is verified");
            return Ok(0);
        }
        let repository = Repository::open(Path::new("."))?;
        let config = Config::load(config_file.filter(|file| file.exists())).unwrap_or_else(|error| {
            terminal.warning(&format!("{error}, so the hook has its usual time"));
            Config::default()
        });
        let file = config_file.map_or_else(|| repository.top().join(FILE_NAME), Path::to_owned);
        let inside = source::below(repository.top(), &file);
        let it = ByGit { repository, config_file, inside, hook: config.hook, terminal };
        let decision = match self.kind {
            Type::PrePush => it.push(&self.arguments, cancel)?,
            Type::PreCommit => it.commit(cancel)?,
        };
        let (what, done, again) = match self.kind {
            Type::PrePush => ("push", "pushed", "put it right, commit, and push again"),
            Type::PreCommit => ("commit", "committed", "put it right, git add it, and commit again"),
        };
        match decision {
            Decision::Pass => Ok(0),
            Decision::Refuse => {
                Err(Error::new(crate::error::Kind::No, format!("nothing is {done}, for what stands above"))
                    .hint(format!("{again}; PUM_SKIP=1 git {what} goes on without verifying")))
            }
        }
    }
}

impl ByGit<'_> {
    fn push(&self, arguments: &[String], cancel: &Cancel) -> Result<Decision> {
        let (remote, updates) = pushed(arguments, &self.repository)?;
        let tasks = hook::tasks(&self.repository, &updates, &remote, self.inside.as_deref())?;
        let labels: Vec<String> = tasks.iter().map(Task::names).collect();
        let verify = |number: usize, cancel: &Cancel| {
            let task: &Task = &tasks[number];
            let upstream = task.upstream.iter().map(|commit| Candidate {
                revision: commit.short(),
                named_by: format!("what {} of {remote} has", commit.name),
                is_named: true,
            });
            let mut options = self.options(What::Revision(task.commit.id.to_string()))?;
            options.pre_push = !task.is_release;
            options.targets = upstream.collect();
            self.verify(&options, &labels[number], cancel)
        };
        hook::run("push", &labels, self.hook, &verify, self.terminal, cancel)
    }

    fn commit(&self, cancel: &Cancel) -> Result<Decision> {
        if let Some(file) = &self.inside
            && self.repository.index_entry(file)?.is_none()
        {
            return Ok(Decision::Pass);
        }
        let labels = ["what is committed".to_owned()];
        let options = self.options(What::Index)?;
        let verify = |_: usize, cancel: &Cancel| self.verify(&options, &labels[0], cancel);
        hook::run("commit", &labels, self.hook, &verify, self.terminal, cancel)
    }

    fn options(&self, what: What) -> Result<verify::Options> {
        let (shadow, is_server_named) = ShadowArguments::default().without_config(self.terminal)?;
        Ok(verify::Options {
            config_file: self.config_file.map(Path::to_owned),
            pre_push: true,
            means: Means {
                loading: Loading { shadow, ..Loading::default() },
                is_server_named,
                ..Means::default()
            },
            ..verify::Options::new(".", what)
        })
    }

    /// Verifies, and tells what was found.
    fn verify(&self, options: &verify::Options, label: &str, cancel: &Cancel) -> Result<Answer> {
        let mut verification = verify::run(options, self.terminal, cancel)?;
        label.clone_into(&mut verification.subject);
        let has_something_to_say =
            verification.verdict != Verdict::Proven || verification.findings().next().is_some();
        if has_something_to_say {
            self.terminal.report(&report::verification::text(&verification, false));
        } else if !verification.is_out_of_scope() {
            self.terminal.note(&format!("{label} is proven"));
        }
        Ok(match verification.verdict {
            Verdict::Proven => Answer::Proven,
            Verdict::Refuted => Answer::Refuted,
            Verdict::Unverified(reason) => Answer::Unverified(reason),
        })
    }
}

/// The remote and what is pushed: from the arguments and the input that git gives, or from the environment that
/// pre-commit gives instead.
fn pushed(arguments: &[String], repository: &Repository) -> Result<(String, Vec<Update>)> {
    let by_hand = || {
        Error::usage("git tells this command what is pushed, and nobody did")
            .hint("pum hook install lets git run it; pum verify verifies by hand")
    };
    if std::io::stdin().is_terminal() {
        return Err(by_hand());
    }
    let mut input = Vec::new();
    std::io::stdin().lock().read_to_end(&mut input).map_err(|cause| {
        Error::failed(format!("what git says is pushed cannot be read: {cause}")).caused_by(cause)
    })?;
    let updates = Update::parse(&String::from_utf8_lossy(&input))?;
    let environment = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    if updates.is_empty()
        && let Some(remote) = environment("PRE_COMMIT_REMOTE_NAME")
    {
        // A branch that is pushed for the first time comes without the objects.
        let local_ref = environment("PRE_COMMIT_LOCAL_BRANCH").unwrap_or_else(|| "HEAD".to_owned());
        let local = match environment("PRE_COMMIT_TO_REF") {
            Some(object) => object,
            None => repository.commit(&local_ref)?.id.to_string(),
        };
        let remote_ref = environment("PRE_COMMIT_REMOTE_BRANCH").unwrap_or_else(|| local_ref.clone());
        let update =
            Update { local_ref, local: Some(local), remote_ref, remote: environment("PRE_COMMIT_FROM_REF") };
        return Ok((remote, vec![update]));
    }
    let remote = arguments.first().cloned();
    if remote.is_none() && updates.is_empty() {
        return Err(by_hand());
    }
    Ok((remote.unwrap_or_default(), updates))
}
