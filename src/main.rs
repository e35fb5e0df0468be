//! The process: arguments in, exit code out.

use std::process::ExitCode;

use pum::cli;
use pum::progress::Cancel;
use pum::terminal::Terminal;

fn main() -> ExitCode {
    let cancel = Cancel::default();
    if let Err(cause) = catch_signals(&cancel) {
        eprintln!("warning: Ctrl-C will not be caught: {cause}");
    }
    let mut terminal = Terminal::new(&cancel);
    match cli::run(std::env::args_os().collect(), &mut terminal, &cancel) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            terminal.error(&error);
            ExitCode::from(error.kind.exit_code())
        }
    }
}

/// The first Ctrl-C asks the work to stop and to undo what is not finished; a second one ends the process.
fn catch_signals(cancel: &Cancel) -> std::io::Result<()> {
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register_conditional_shutdown(signal, 130, cancel.flag())?;
        signal_hook::flag::register(signal, cancel.flag())?;
    }
    Ok(())
}
