//! CPU time and memory of another process, as Linux tells them.

use anyhow::Context;

/// How many ticks a second `/proc` counts in; fixed on Linux for programs.
const TICKS_PER_SECOND: f64 = 100.0;

/// User and system time of a process so far, in microseconds.
pub(crate) fn micros(pid: u32) -> anyhow::Result<f64> {
    // Field 1 of schedstat is the time on a processor in nanoseconds, of the main thread alone; the
    // tasks below it have theirs.
    let mut total = 0.0;
    for task in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        let path = task?.path().join("schedstat");
        let Ok(text) = std::fs::read_to_string(path) else {
            continue;
        };
        let nanos: f64 = text
            .split(' ')
            .next()
            .unwrap_or_default()
            .parse()
            .unwrap_or(0.0);
        total += nanos / 1000.0;
    }
    if total > 0.0 {
        return Ok(total);
    }
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields: Vec<&str> = text
        .rsplit_once(')')
        .context("a stat line")?
        .1
        .split_whitespace()
        .collect();
    let ticks: f64 = fields[11].parse::<f64>()? + fields[12].parse::<f64>()?;
    Ok(ticks / TICKS_PER_SECOND * 1e6)
}

/// Memory that is in use, in KiB.
pub(crate) fn resident_kib(pid: u32) -> anyhow::Result<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = text
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .context("VmRSS")?;
    Ok(line
        .split_whitespace()
        .nth(1)
        .context("a number")?
        .parse()?)
}
