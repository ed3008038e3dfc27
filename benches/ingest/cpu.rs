//! CPU time and memory of processes, from `/proc` (Linux).

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result};

/// Linux counts CPU time for user space in hundredths of a second on every known architecture.
const TICK: Duration = Duration::from_millis(10);

struct Stat {
    parent: u32,
    own_ticks: u32,
    reaped_ticks: u32,
}

/// Returns the CPU time of the process.
pub(crate) fn of_process(pid: u32) -> Result<Duration> {
    Ok(TICK * stat(pid)?.own_ticks)
}

/// Returns the CPU time of the server behind this backend: the postmaster, all its children, and those that have ended.
pub(crate) fn of_postgres(backend: u32) -> Result<Duration> {
    let postmaster = stat(backend)?.parent;
    let own = stat(postmaster)?;
    let mut ticks = own.own_ticks + own.reaped_ticks;
    for entry in fs::read_dir("/proc")? {
        let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        // A process may end in the meantime. Its time is then among that of the ended children.
        if let Ok(stat) = stat(pid)
            && stat.parent == postmaster
        {
            ticks += stat.own_ticks;
        }
    }
    Ok(TICK * ticks)
}

/// Returns the resident memory in KiB.
pub(crate) fn resident(pid: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .context("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

fn stat(pid: u32) -> Result<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name is in parentheses and may contain anything.
    let (_, rest) = text.rsplit_once(") ").context("no name")?;
    let fields: Vec<&str> = rest.split(' ').collect();
    // proc(5): state is field 3, parent 4, utime 14, stime 15, cutime 16, cstime 17.
    let field = |number: usize| -> Result<u32> { Ok(fields.get(number - 3).context("too short")?.parse()?) };
    Ok(Stat {
        parent: field(4)?,
        own_ticks: field(14)? + field(15)?,
        reaped_ticks: field(16)? + field(17)?,
    })
}
