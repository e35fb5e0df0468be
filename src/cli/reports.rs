//! How differences are told: what commands that compare have in common.

use std::path::PathBuf;

use clap::Args;

use super::Context;
use crate::Result;
use crate::commands::check::Check;
use crate::progress::Progress;
use crate::report::file::Target;
use crate::report::{self, Detail, Form};

/// How the differences are told.
#[derive(Debug, Args)]
#[command(next_help_heading = "How it is told")]
pub struct ReportArguments {
    /// How much is printed: 0 the summary, 1 a line a difference, 2 everything
    #[arg(
        short = 'v',
        long,
        alias = "verbose_level",
        value_name = "0|1|2",
        default_value_t = 2,
        value_parser = clap::value_parser!(u8).range(0..=2)
    )]
    verbose_level: u8,
    /// Print the summary only, as -v 0 does
    ///
    /// The value that older versions had may be given; false, no, off and 0 take it back.
    #[arg(short = 's', long, value_name = "YES", num_args = 0..=1, default_missing_value = "yes")]
    silent: Option<String>,
    /// Print the differences as text, json or html, or the statements that take the first source to the second: sql
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Form,
    /// Write the differences to this file, all of them, and print the summary only
    #[arg(short = 'o', long, alias = "output_file", value_name = "FILE")]
    output_file: Option<PathBuf>,
    /// Write a report to a file, beside what is printed: text:FILE, json:FILE, html:FILE or sql:FILE; may be repeated
    #[arg(long, value_name = "FORMAT:FILE", value_parser = report_to)]
    report: Vec<(Form, PathBuf)>,
    /// Show the differences that ignore rules cover, too, with the reasons
    #[arg(long)]
    show_ignored: bool,
    /// Print straight to the terminal; else PUM_PAGER, PAGER or less shows it there
    #[arg(long)]
    no_pager: bool,
}

fn report_to(text: &str) -> std::result::Result<(Form, PathBuf), String> {
    let (form, file) = text.split_once(':').ok_or_else(|| format!("{text:?} is not FORMAT:FILE"))?;
    if file.is_empty() {
        return Err(format!("{text:?} names no file"));
    }
    Ok((form.parse()?, file.into()))
}

/// Where reports go, looked at before the work that they are about.
pub struct Reports {
    files: Vec<(Form, Target)>,
    format: Form,
    options: report::Options,
    pager: bool,
}

impl ReportArguments {
    /// Whether the statements are wanted that take the first source to the second.
    pub fn wants_delta(&self) -> bool {
        self.format == Form::Sql || self.report.iter().any(|(form, _)| *form == Form::Sql)
    }

    /// Looks whether the files can be written.
    ///
    /// # Errors
    /// A file that cannot.
    pub fn prepare(&self) -> Result<Reports> {
        let silent = self.silent.as_deref().map(str::to_lowercase);
        let is_silent =
            silent.is_some_and(|value| !matches!(value.as_str(), "" | "0" | "false" | "no" | "off" | "n"));
        let detail = match self.verbose_level {
            _ if is_silent || self.output_file.is_some() => Detail::Summary,
            0 => Detail::Summary,
            1 => Detail::Lines,
            _ => Detail::Full,
        };
        let output = self.output_file.iter().map(|file| (self.format, file));
        let files = output.chain(self.report.iter().map(|(form, file)| (*form, file)));
        Ok(Reports {
            files: files.map(|(form, file)| Ok((form, Target::new(file)?))).collect::<Result<_>>()?,
            format: if self.output_file.is_some() || is_silent { Form::Text } else { self.format },
            options: report::Options { detail, show_ignored: self.show_ignored },
            pager: !self.no_pager,
        })
    }
}

impl Reports {
    /// Writes the files, then prints.
    ///
    /// # Errors
    /// A file or a standard output that cannot be written to.
    pub fn tell(&self, check: &Check, context: &Context<'_>) -> Result<()> {
        let whole = report::Options { detail: Detail::Full, ..self.options };
        for (form, target) in &self.files {
            target.write(&report::render(check, *form, &whole)?)?;
            context.terminal.note(&format!("report written to {}", target.path().display()));
        }
        if self.format != Form::Text {
            for sentence in &check.comparison.not_compared {
                context.terminal.warning(&format!("not compared: {sentence}"));
            }
            return context.terminal.text(&report::render(check, self.format, &whole)?);
        }
        let text = report::text(check, &self.options);
        if self.pager { context.terminal.page(&text, context.cancel) } else { context.terminal.text(&text) }
    }
}
