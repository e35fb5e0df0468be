//! The table that is printed at the end: what was promised, what was measured, and whether it holds.

use comfy_table::{CellAlignment, Table, TableStyle};

/// The rows of the table.
#[derive(Default)]
pub struct Report(Vec<Vec<String>>);

impl Report {
    /// A figure of which pum may have at most so much.
    pub fn row(&mut self, what: &str, pum: f64, psql: f64, most: f64) {
        self.add(what, pum, psql, pum / psql, number(most), Some(pum <= most));
    }

    /// A figure of which pum may have at most so many times what psql has.
    pub fn ratio(&mut self, what: &str, pum: f64, psql: f64, ratio: f64, most: f64) {
        self.add(what, pum, psql, ratio, format!("{} × psql", number(most)), Some(ratio <= most));
    }

    /// A figure that nothing was promised about.
    pub fn figure(&mut self, what: &str, pum: f64, psql: f64) {
        self.add(what, pum, psql, pum / psql, String::new(), None);
    }

    fn add(&mut self, what: &str, pum: f64, psql: f64, ratio: f64, most: String, holds: Option<bool>) {
        let holds = match holds {
            Some(true) => "yes",
            Some(false) => "NO",
            None => "",
        };
        let figures = [number(pum), number(psql), format!("{ratio:.2}"), most, holds.to_owned()];
        self.0.push(std::iter::once(what.to_owned()).chain(figures).collect());
    }

    /// Prints everything.
    pub fn print(&self) {
        let mut table = Table::new();
        table.load_style(TableStyle::new());
        table.set_header(["", "pum", "psql or other", "ratio", "at most", "holds"]);
        table.add_rows(&self.0);
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        println!("{table}");
    }
}

fn number(value: f64) -> String {
    if value < 10.0 { format!("{value:.2}") } else { format!("{value:.1}") }
}

/// The load averages of 1, 5 and 15 minutes, where the system tells them.
pub fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: Vec<&str> = text.split(' ').take(3).collect();
    if load.is_empty() { "unknown".to_owned() } else { load.join(" ") }
}
