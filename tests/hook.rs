//! The git hook: by real pushes to a real bare repository, with the built binary and the installed hook.

mod ends;
mod installing;
mod pushes;
mod refusals;
mod repository;
