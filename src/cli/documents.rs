//! What is generated from the arguments: completions and the manual page.

use clap::Args;
use clap_complete::Shell;

use super::Command;
use crate::{Error, Result};

/// Print the completions for a shell
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  pum completions bash > ~/.local/share/bash-completion/completions/pum")]
pub struct Completions {
    /// The shell
    shell: Shell,
}

/// Print the manual page
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  pum man > pum.1 && man ./pum.1")]
pub struct Man {}

pub(super) fn run(command: &Command) -> Result<u8> {
    let mut text = Vec::new();
    match command {
        Command::Completions(Completions { shell }) => {
            clap_complete::generate(*shell, &mut super::command(), "pum", &mut text);
        }
        _ => man(&mut text).map_err(|cause| Error::failed("the manual page was not made").caused_by(cause))?,
    }
    crate::terminal::write_data(&text)?;
    Ok(0)
}

/// The page of pum, and behind it those of its commands.
fn man(text: &mut Vec<u8>) -> std::io::Result<()> {
    let mut command = super::command();
    command.build();
    clap_mangen::Man::new(command.clone()).render(text)?;
    for subcommand in command.get_subcommands().filter(|subcommand| subcommand.get_name() != "help") {
        let name = format!("pum {}", subcommand.get_name());
        let page = clap_mangen::Man::new(subcommand.clone().display_name(name));
        page.render_name_section(text)?;
        page.render_synopsis_section(text)?;
        page.render_description_section(text)?;
        page.render_options_section(text)?;
    }
    Ok(())
}
