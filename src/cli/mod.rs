//! The command line: clap's structs, one file a command, and what turns them and the configuration into a command's
//! options. No logic of its own.

mod arguments;
mod baseline;
mod cache;
mod check;
mod create;
mod demo;
mod documents;
mod dump;
mod hook;
mod info;
mod init;
mod new;
mod renumber;
mod repair;
mod reports;
mod restore;
mod rewrite;
mod shadow;
mod test_and_upgrade;
mod upgrade;
mod verify;
mod version;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::Result;
use crate::config::Config;
use crate::progress::Cancel;
use crate::terminal::{Mode, Terminal};

/// Upgrades manager for PostgreSQL data models that live in git.
///
/// Deltas are files named `delta_<version>_<title>.sql` (or .py, .pre.sql, .post.sql, …) in a delta directory. A table
/// inside the database records which of them it has had.
///
/// DATABASE is a service of pg_service.conf, a URI (postgresql://…) or a key/value string ("host=… dbname=…"). What
/// stands in pum.yaml need not be given.
#[derive(Debug, Parser)]
#[command(
    name = "pum",
    version,
    disable_version_flag = true,
    infer_long_args = true,
    max_term_width = 110,
    after_help = "Exit codes: 0 done; 1 the answer is no; 2 usage or configuration; 3 the database or a delta failed; \
                  4 somebody else is upgrading; 130 interrupted (143 by SIGTERM, 129 by SIGHUP).\n\nSee 'pum COMMAND --help' for each command; 'pum demo' shows an upgrade from nothing."
)]
pub struct Cli {
    /// Print the version and exit
    #[arg(short = 'v', long = "version", visible_short_alias = 'V', action = clap::ArgAction::Version)]
    version: Option<bool>,

    /// The configuration file [default: pum.yaml here or above, in the git repository]
    #[arg(short = 'c', long = "config-file", alias = "config_file", value_name = "FILE", global = true)]
    config_file: Option<PathBuf>,

    /// Tell only what is wrong
    #[arg(short = 'q', long, global = true)]
    quiet: bool,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Baseline(baseline::Arguments),
    Info(info::Arguments),
    Version(version::Arguments),
    Upgrade(upgrade::Arguments),
    TestAndUpgrade(test_and_upgrade::Arguments),
    Check(check::Arguments),
    Create(create::Arguments),
    New(new::Arguments),
    Renumber(renumber::Arguments),
    Verify(verify::Arguments),
    Init(init::Arguments),
    Hook(hook::Arguments),
    Repair(repair::Arguments),
    Dump(dump::Arguments),
    Restore(restore::Arguments),
    Demo(demo::Arguments),
    Cache(cache::Arguments),
    Completions(documents::Completions),
    Man(documents::Man),
}

/// What a command has to work with.
pub struct Context<'a> {
    /// What pum.yaml says.
    pub config: Config,
    /// Where everything is told.
    pub terminal: &'a Terminal,
    /// Whether the user pressed Ctrl-C.
    pub cancel: &'a Cancel,
}

/// Runs what the arguments say and gives the exit code.
///
/// # Errors
/// Everything that a command may fail with. Wrong arguments, and `--help`, end the process themselves, as clap does.
pub fn run(arguments: Vec<OsString>, terminal: &mut Terminal, cancel: &Cancel) -> Result<u8> {
    let matches = command().get_matches_from(rewrite::rewrite(arguments));
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let Some(command) = cli.command else {
        // pum 0.x said the same for `pum` alone.
        let _ = self::command().print_help();
        return Ok(0);
    };
    if let Command::Completions(_) | Command::Man(_) = &command {
        return documents::run(&command);
    }
    match &command {
        Command::Upgrade(upgrade) => upgrade.configure(terminal)?,
        Command::TestAndUpgrade(test) => test.configure(terminal)?,
        Command::Dump(dump) => dump.configure(terminal),
        Command::Restore(restore) => restore.configure(terminal),
        Command::Create(create) => create.configure(terminal),
        _ => {}
    }
    if cli.quiet {
        terminal.set_mode(Mode::Quiet, false);
    }
    if let Command::Cache(arguments) = &command {
        return arguments.run(terminal);
    }
    if let Command::Verify(arguments) = command {
        // The pum.yaml of the commit counts, not that of the working tree.
        let (config_file, quiet) = (cli.config_file, cli.quiet);
        return arguments.run(verify::Surroundings { config_file, quiet, terminal, cancel });
    }
    if let Command::Hook(arguments) = &command
        && let Some(outcome) = arguments.run_by_git(cli.config_file.as_deref(), terminal, cancel)
    {
        return outcome;
    }
    let config = Config::load(cli.config_file.as_deref())?;
    for warning in &config.warnings {
        crate::progress::Progress::warning(terminal, warning);
    }
    let context = Context { config, terminal, cancel };
    match command {
        Command::Baseline(arguments) => arguments.run(&context),
        Command::Info(arguments) => arguments.run(&context),
        Command::Version(arguments) => arguments.run(&context),
        Command::Upgrade(arguments) => arguments.run(&context),
        Command::TestAndUpgrade(arguments) => arguments.run(&context),
        Command::Check(arguments) => arguments.run(&context),
        Command::Create(arguments) => arguments.run(&context),
        Command::Init(arguments) => arguments.run(&context),
        Command::Hook(arguments) => arguments.run(&context),
        Command::New(arguments) => arguments.run(&context),
        Command::Renumber(arguments) => arguments.run(&context),
        Command::Repair(arguments) => arguments.run(&context),
        Command::Dump(arguments) => arguments.run(&context),
        Command::Restore(arguments) => arguments.run(&context),
        Command::Demo(arguments) => arguments.run(&context),
        Command::Verify(_) | Command::Cache(_) | Command::Completions(_) | Command::Man(_) => Ok(0),
    }
}

/// The whole command line, for documents and completions.
pub fn command() -> clap::Command {
    Cli::command()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        super::command().debug_assert();
    }
}
