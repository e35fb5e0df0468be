//! What goes by while a command works: a bar over the deltas and one over the statements of the one that runs.

use std::cell::RefCell;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::lines::first_words;
use crate::progress::Event;

/// The bars that are on the screen.
pub struct Bars {
    all: MultiProgress,
    shown: RefCell<Shown>,
}

#[derive(Default)]
struct Shown {
    deltas: Option<ProgressBar>,
    statements: Option<ProgressBar>,
    stage: Option<ProgressBar>,
    waiting: Option<ProgressBar>,
}

impl Default for Bars {
    fn default() -> Self {
        Bars { all: MultiProgress::with_draw_target(ProgressDrawTarget::stderr()), shown: RefCell::default() }
    }
}

impl Bars {
    /// Runs something that prints, with the bars out of its way.
    pub fn above<T>(&self, print: impl FnOnce() -> T) -> T {
        self.all.suspend(print)
    }

    /// Takes all bars off the screen.
    pub fn clear(&self) {
        *self.shown.borrow_mut() = Shown::default();
        let _ = self.all.clear();
    }

    /// Shows an event.
    pub fn event(&self, event: &Event<'_>) {
        let mut shown = self.shown.borrow_mut();
        match event {
            Event::DeltaStarted { number, total, name, statements } => {
                let bar = shown.deltas.get_or_insert_with(|| {
                    self.add("{prefix:>9.green.bold} [{bar}] {pos}/{len} {elapsed:>3} {wide_msg}", *total)
                        .with_prefix("Applying")
                });
                bar.set_position(*number as u64 - 1);
                bar.set_message((*name).to_owned());
                if let Some(old) = shown.statements.take() {
                    self.all.remove(&old);
                }
                shown.statements = Some(if *statements > 0 {
                    self.add("          [{bar}] {pos}/{len} {elapsed:>3} {wide_msg:.dim}", *statements)
                } else {
                    self.add("          {spinner} {elapsed:>3} {wide_msg:.dim}", 0)
                });
            }
            Event::StatementStarted { number, text, .. } => {
                if let Some(bar) = &shown.statements {
                    bar.set_position(*number as u64 - 1);
                    bar.set_message(first_words(text, 200));
                }
            }
            Event::StatementDone { number, .. } => {
                if let Some(bar) = &shown.statements {
                    bar.set_position(*number as u64);
                }
            }
            Event::DeltaDone { number, total, .. } => {
                if let Some(bar) = &shown.deltas {
                    bar.set_position(*number as u64);
                }
                if number == total {
                    *shown = Shown::default();
                    let _ = self.all.clear();
                }
            }
            Event::Waiting { text } => {
                let bar = shown.waiting.get_or_insert_with(|| {
                    self.add("          {spinner:.yellow} {elapsed:>3} {msg:.yellow}", 0)
                });
                bar.set_message(wrapped(text, 16));
            }
            Event::Waited => {
                if let Some(bar) = shown.waiting.take() {
                    self.all.remove(&bar);
                }
            }
            Event::StageStarted { name, items } => {
                let bar = match items {
                    Some(items) => self.add(
                        "{prefix:>9.green.bold} [{bar}] {pos}/{len} {elapsed:>3} {wide_msg:.dim}",
                        *items,
                    ),
                    None => self.add("{prefix:>9.green.bold} {spinner} {elapsed:>3} {wide_msg:.dim}", 0),
                };
                bar.set_prefix((*name).to_owned());
                shown.stage = Some(bar);
            }
            Event::StageItem { name } => {
                if let Some(bar) = &shown.stage {
                    bar.inc(1);
                    bar.set_message((*name).to_owned());
                }
            }
            Event::StageDone { .. } => {
                if let Some(bar) = shown.stage.take() {
                    self.all.remove(&bar);
                }
            }
            _ => {}
        }
    }

    fn add(&self, template: &str, length: usize) -> ProgressBar {
        // A quarter of the line: the names behind it need the rest.
        let template = template.replace("{bar}", &format!("{{bar:{}}}", (columns() / 4).clamp(4, 28)));
        let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = self.all.add(ProgressBar::new(length as u64).with_style(style.progress_chars("=> ")));
        bar.enable_steady_tick(Duration::from_millis(100));
        bar
    }
}

/// The width of the terminal.
fn columns() -> usize {
    console::Term::stderr().size().1.into()
}

/// A text in as many lines as it needs, all but the first indented as far as the first is.
fn wrapped(text: &str, indent: usize) -> String {
    let width = columns().saturating_sub(indent + 1).max(20);
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join(&format!("\n{}", " ".repeat(indent)))
}
