use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::SystemTime;

/// How files looked at one moment: which file stands under each name, its size and its time of change. Two that differ
/// tell that somebody has written meanwhile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FilesSeen(BTreeMap<PathBuf, Option<(u64, u64, SystemTime)>>);

impl FilesSeen {
    /// Looks at files now; one that is away is seen as away.
    pub fn of(files: impl IntoIterator<Item = PathBuf>) -> Self {
        let seen = |path: PathBuf| {
            let data = fs::metadata(&path).ok();
            let data = data.and_then(|data| Some((data.ino(), data.len(), data.modified().ok()?)));
            (path, data)
        };
        Self(files.into_iter().map(seen).collect())
    }
}
