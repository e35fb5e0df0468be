//! The editor of the user, as git finds it.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use crate::git::Repository;
use crate::{Error, Result};

/// Opens a file in the user's editor and waits until that is closed: GIT_EDITOR, git's core.editor, VISUAL, EDITOR, vi.
///
/// # Errors
/// An editor that cannot be run, or that says it failed; the file stays.
pub fn edit(path: &Path) -> Result<()> {
    let editor = editor(path);
    let shown = editor.to_string_lossy().into_owned();
    // It may be a command with arguments, so the shell runs it.
    let mut command = editor;
    command.push(" \"$@\"");
    let status = Command::new("sh").arg("-c").arg(command).arg("sh").arg(path).status();
    let failed = |why: String| {
        Err(Error::failed(format!("the editor {shown} {why}"))
            .note("state", format!("{} is written", path.display()))
            .hint("the editor is GIT_EDITOR, git's core.editor, VISUAL or EDITOR, the first of them that is set"))
    };
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => failed(format!("failed ({status})")),
        Err(cause) => failed(format!("cannot be run: {cause}")),
    }
}

fn editor(path: &Path) -> OsString {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let configured = || {
        let repository = Repository::find(path.parent()?).ok()??;
        repository.configured("core.editor").map(OsString::from)
    };
    let can_show = set("TERM").is_some_and(|term| term != "dumb");
    set("GIT_EDITOR")
        .or_else(configured)
        .or_else(|| set("VISUAL").filter(|_| can_show))
        .or_else(|| set("EDITOR"))
        .unwrap_or_else(|| "vi".into())
}
