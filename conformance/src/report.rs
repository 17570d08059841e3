//! What came of the cases, counted per area.

use std::collections::BTreeMap;
use std::fmt;

/// What came of one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Its area.
    pub area: String,
    /// Its name.
    pub name: String,
    /// How it went.
    pub verdict: Verdict,
}

/// How a case went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// All compared answers are as recorded.
    Passed,
    /// The differences, or why it was blocked.
    Failed(Vec<String>),
    /// Why it was not played.
    Skipped(String),
}

/// Numbers of cases.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// As recorded.
    pub passed: usize,
    /// Different or blocked.
    pub failed: usize,
    /// Not played.
    pub skipped: usize,
}

impl Tally {
    fn add(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Passed => self.passed += 1,
            Verdict::Failed(_) => self.failed += 1,
            Verdict::Skipped(_) => self.skipped += 1,
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            passed,
            failed,
            skipped,
        } = self;
        write!(out, "{passed} passed, {failed} failed, {skipped} skipped")
    }
}

/// Counts outcomes.
#[derive(Debug, Clone, Default)]
pub struct Report {
    areas: BTreeMap<String, Tally>,
    total: Tally,
}

impl Report {
    /// Counts one.
    pub fn add(&mut self, outcome: &Outcome) {
        let area = self.areas.entry(outcome.area.clone()).or_default();
        area.add(&outcome.verdict);
        self.total.add(&outcome.verdict);
    }

    /// The areas by name.
    pub fn areas(&self) -> impl Iterator<Item = (&str, Tally)> {
        self.areas
            .iter()
            .map(|(name, tally)| (name.as_str(), *tally))
    }

    /// All areas together.
    #[must_use]
    pub fn total(&self) -> Tally {
        self.total
    }

    /// Whether something was compared, and all of it was as recorded.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.total.failed == 0 && self.total.passed > 0
    }
}

/// The differences of a failure for people: a few lines, none very long. All of them when `whole`.
#[must_use]
pub fn told(differences: &[String], whole: bool) -> Vec<String> {
    const LINES: usize = 5;
    const WIDTH: usize = 240;
    if whole {
        return differences.to_vec();
    }
    let mut lines: Vec<String> = differences
        .iter()
        .take(LINES)
        .map(|line| {
            let short: String = line.chars().take(WIDTH).collect();
            let cut = if short.len() < line.len() { "…" } else { "" };
            format!("{short}{cut}")
        })
        .collect();
    if differences.len() > LINES {
        lines.push(format!(
            "and {} more (--verbose)",
            differences.len() - LINES
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{Outcome, Report, Verdict, told};

    fn outcome(area: &str, verdict: Verdict) -> Outcome {
        Outcome {
            area: area.into(),
            name: "x".into(),
            verdict,
        }
    }

    #[test]
    fn outcomes_are_counted_per_area_and_in_all() {
        let mut report = Report::default();
        report.add(&outcome("token", Verdict::Passed));
        assert!(report.is_good());
        report.add(&outcome("csrf", Verdict::Skipped("no".into())));
        report.add(&outcome("token", Verdict::Failed(vec!["d".into()])));
        let areas: Vec<String> = report
            .areas()
            .map(|(name, t)| format!("{name}: {t}"))
            .collect();
        let expected = [
            "csrf: 0 passed, 0 failed, 1 skipped",
            "token: 1 passed, 1 failed, 0 skipped",
        ];
        assert_eq!(areas, expected);
        assert_eq!(report.total().to_string(), "1 passed, 1 failed, 1 skipped");
        assert!(!report.is_good());
    }

    #[test]
    fn a_run_that_compared_nothing_is_not_good() {
        let mut report = Report::default();
        report.add(&outcome("token", Verdict::Skipped("no".into())));
        assert!(!report.is_good());
    }

    #[test]
    fn long_failures_are_cut_short() {
        let lines = vec!["y".repeat(300); 7];
        let short = told(&lines, false);
        assert_eq!(short.len(), 6);
        assert_eq!(short[0].chars().count(), 241);
        assert_eq!(short[5], "and 2 more (--verbose)");
        assert_eq!(told(&lines, true), lines);
    }
}
