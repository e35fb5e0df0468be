use std::path::Path;

use clap::{Args, ValueEnum};

use super::Context;
use crate::commands::decide::NoAnswer;
use crate::commands::init::{self, Ci, Given, Server};
use crate::config::Config;
use crate::hook::Kind;
use crate::progress::Progress;
use crate::source::Recipe;
use crate::terminal::Choices;
use crate::{Error, Result};

/// Begin: write pum.yaml for this repository, and a delta directory
///
/// Looks at what is in the repository, asks for what it cannot know (off a terminal, and with --yes, it takes what is
/// probable), and writes pum.yaml into the working directory. The layouts of QWAT and QGEP are recognised. Nothing is
/// overwritten.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  pum init\n  pum init --yes --hook --ci github\n  pum init -d delta -t app_sys.upgrades --model-sql 'model/**/*.sql' --ci gitlab --ci-server service"
)]
pub struct Arguments {
    /// The upgrades table, schema.table
    #[arg(short = 't', long, value_name = "TABLE")]
    table: Option<String>,
    /// The delta directories; the first is made if it is missing
    #[arg(short = 'd', long = "delta-dir", value_name = "DIR", num_args = 1..)]
    delta_dir: Vec<String>,
    /// The model is built from these SQL files: patterns, in order
    #[arg(long, value_name = "PATTERN", num_args = 1.., group = "model")]
    model_sql: Vec<String>,
    /// The model is built by this command; PGSERVICE names the database
    #[arg(long, value_name = "COMMAND", group = "model")]
    model_run: Option<String>,
    /// The model is built from all deltas, from the first one on
    #[arg(long, group = "model")]
    model_deltas: bool,
    /// How tags name releases: patterns with {version} in them
    #[arg(long, value_name = "PATTERN", num_args = 1..)]
    releases: Vec<String>,
    /// The branch that work is merged into, such as origin/main
    #[arg(long, value_name = "REV")]
    upstream: Option<String>,
    /// Install the hook, which verifies what git pushes
    #[arg(long, conflicts_with = "no_hook")]
    hook: bool,
    /// Do not install the hook
    #[arg(long)]
    no_hook: bool,
    /// Write a CI file for this service
    #[arg(long, value_enum, value_name = "SERVICE")]
    ci: Option<CiArgument>,
    /// Where the CI's PostgreSQL comes from [default: apt]
    #[arg(long, value_enum, value_name = "FROM")]
    ci_server: Option<ServerArgument>,
    /// Ask nothing
    #[arg(short = 'y', long)]
    yes: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CiArgument {
    /// GitHub Actions
    Github,
    /// GitLab
    Gitlab,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ServerArgument {
    /// Packages; pum starts servers of its own
    Apt,
    /// A container beside
    Service,
}

impl Arguments {
    fn given(&self) -> Given {
        let model = match (&self.model_run, self.model_deltas) {
            (Some(command), _) => Some(Recipe::Run(command.clone())),
            (None, true) => Some(Recipe::Deltas),
            (None, false) if !self.model_sql.is_empty() => Some(Recipe::Sql(self.model_sql.clone())),
            _ => None,
        };
        Given {
            table: self.table.clone(),
            delta_dirs: self.delta_dir.clone(),
            model,
            releases: self.releases.clone(),
            upstream: self.upstream.clone(),
            hook: if self.hook { Some(true) } else { self.no_hook.then_some(false) },
            ci: self.ci.map(|ci| match ci {
                CiArgument::Github => Ci::Github,
                CiArgument::Gitlab => Ci::Gitlab,
            }),
            server: self.ci_server.map(|server| match server {
                ServerArgument::Apt => Server::Apt,
                ServerArgument::Service => Server::Service,
            }),
        }
    }

    pub fn run(self, context: &Context<'_>) -> Result<u8> {
        let terminal = context.terminal;
        let directory = Path::new(".");
        let survey = init::survey(directory)?;
        let given = self.given();
        let mut choice = init::choose(&survey, &given);
        if let Some(layout) = choice.project.layout {
            terminal.note(&format!("this has the layout of {layout}"));
        }
        if !self.yes && terminal.can_ask() {
            match init::ask(&mut choice, &given, &Choices::new(context.cancel)) {
                Ok(()) => {}
                Err(NoAnswer::Left) => {
                    terminal.note("nothing was written");
                    return Ok(0);
                }
                Err(NoAnswer::Interrupted) => {
                    return Err(
                        Error::interrupted("interrupted at a question").note("state", "nothing was written")
                    );
                }
                Err(NoAnswer::Failed(cause)) => {
                    return Err(Error::failed("the terminal failed")
                        .note("state", "nothing was written")
                        .caused_by(cause));
                }
            }
        }
        let outcome = init::write(directory, &survey, &choice)?;
        for file in &outcome.written {
            terminal.note(&format!("{file} is written"));
        }
        for file in &outcome.left {
            terminal.warning(&format!("{file} is there already and was left as it is"));
        }
        let project = &choice.project;
        let model = match &project.model {
            Recipe::Sql(patterns) => patterns.join(", "),
            Recipe::Run(command) => command.clone(),
            Recipe::Deltas => "all deltas".to_owned(),
        };
        terminal.note(&format!(
            "deltas in {}, the model from {model}, releases {}, the upgrades table {}",
            project.delta_dirs.join(", "),
            project.releases.join(" or "),
            project.table
        ));
        let mut next = vec!["git add and commit them", "pum new TITLE makes a delta", "pum verify proves it"];
        if choice.hook {
            let config = Config::load(None)?;
            let context = Context { config, terminal, cancel: context.cancel };
            if let Err(error) = super::hook::install(Kind::PrePush, false, &context) {
                // The rest is done, and stays.
                terminal.error(&error);
            }
        } else {
            next.push("pum hook install lets git verify what is pushed");
        }
        terminal.note(&format!("next: {}", next.join("; ")));
        Ok(0)
    }
}
