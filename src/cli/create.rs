use clap::Args;

use super::Context;
use super::arguments::{Database, Feedback, Table, Yes};
use crate::commands::create;
use crate::source::Source;
use crate::terminal::Terminal;
use crate::{Error, Result};

/// Make a database from the model, for development or as the first of an installation
///
/// The model is built as pum.yaml says, from the working tree or a revision. The newest release that it contains is its
/// baseline, and its deltas are recorded as applied, so that the next upgrade applies those that come later; what the
/// model's own command records stays. It is built under a name of its own: nothing half made is left, and with
/// --overwrite the old database goes only when the new one is whole.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    pum create -p dev                          from the working tree\n  \
    pum create -p dev --overwrite              made anew, after a merge for instance\n  \
    pum create -p old git:v1.3.0 --create-roles")]
pub struct Arguments {
    #[command(flatten)]
    database: Database,
    #[command(flatten)]
    table: Table,
    /// The model: git: is that of the working tree, git:REV that of a revision
    #[arg(value_name = "git:REV", default_value = "git:")]
    source: String,
    /// Replace a database that is there already; owner, rights, settings and comment stay
    #[arg(long)]
    overwrite: bool,
    /// With --overwrite: end the sessions that are connected
    #[arg(long, requires = "overwrite")]
    force: bool,
    /// Make the roles that the model names and the server has not; they cannot log in
    #[arg(long)]
    create_roles: bool,
    #[command(flatten)]
    feedback: Feedback,
    #[command(flatten)]
    yes: Yes,
}

impl Arguments {
    pub fn configure(&self, terminal: &mut Terminal) {
        self.feedback.configure(terminal, false);
    }

    pub fn run(self, context: &Context<'_>) -> Result<u8> {
        let Source::Git(mut model) = super::arguments::source(&self.source, context)? else {
            return Err(Error::usage(format!("{} is not the model: git:REV is", self.source))
                .hint("pum restore makes a database from a dump"));
        };
        if let Some(table) = self.table.given()? {
            model.project.table = Some(table);
        }
        model.recipe()?;
        let options = create::Options {
            model: *model,
            releases: context.config.releases.clone(),
            overwrite: self.overwrite,
            force: self.force,
            create_roles: self.create_roles,
            connection: self.database.to_write(context, &self.yes)?,
        };
        create::run(&options, context.terminal, context.cancel).map(|_| 0)
    }
}
