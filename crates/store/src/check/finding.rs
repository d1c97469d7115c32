//! What a check finds: what it means, and what a repair does about it.

/// A kind of finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Damage {
    /// The log names a data file that is not there.
    MissingFile,
    /// A data file is shorter or longer than the log says.
    WrongSize,
    /// A data file cannot be read.
    DamagedFile,
    /// A data file has more or fewer rows than the log says.
    WrongRowCount,
    /// The log's statistics of a file exclude values that it holds.
    LyingStatistics,
    /// A row is seen more than once.
    DuplicateRow,
    /// The file that says which older rows are replaced cannot be read.
    DamagedOverrides,
    /// The write-ahead log is damaged.
    DamagedLog,
    /// An id filter is missing.
    MissingFilter,
    /// An id filter has a wrong checksum.
    DamagedFilter,
    /// A data file that no version names.
    UnreferencedFile,
    /// A filter or overrides of a data file that is not there.
    OrphanedSidecar,
    /// A file that this program does not write.
    ForeignFile,
}

impl Damage {
    /// Returns the stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::MissingFile => "missing_file",
            Self::WrongSize => "wrong_size",
            Self::DamagedFile => "damaged_file",
            Self::WrongRowCount => "wrong_row_count",
            Self::LyingStatistics => "lying_statistics",
            Self::DuplicateRow => "duplicate_row",
            Self::DamagedOverrides => "damaged_overrides",
            Self::DamagedLog => "damaged_log",
            Self::MissingFilter => "missing_filter",
            Self::DamagedFilter => "damaged_filter",
            Self::UnreferencedFile => "unreferenced_file",
            Self::OrphanedSidecar => "orphaned_sidecar",
            Self::ForeignFile => "foreign_file",
        }
    }

    /// Whether rows may be lost or wrong; otherwise maintenance takes care of it.
    pub const fn is_serious(self) -> bool {
        !matches!(
            self,
            Self::MissingFilter
                | Self::DamagedFilter
                | Self::UnreferencedFile
                | Self::OrphanedSidecar
                | Self::ForeignFile
        )
    }

    /// Returns what it means.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::MissingFile => "its rows are lost",
            Self::WrongSize | Self::DamagedFile => "its rows cannot be read: they are lost",
            Self::WrongRowCount => "counts that read no rows are wrong",
            Self::LyingStatistics => "queries that skip files by their statistics miss rows",
            Self::DuplicateRow => "counts and sums are too high",
            Self::DamagedOverrides => "older versions of rows cannot be told from current ones",
            Self::DamagedLog => "acknowledged rows that are not flushed yet may be lost",
            Self::MissingFilter | Self::DamagedFilter => "look-ups by id read the file",
            Self::UnreferencedFile => {
                "no version of the table names it; maintenance deletes it in time"
            }
            Self::OrphanedSidecar => "it takes room and is read by nobody",
            Self::ForeignFile => "nobody here reads, keeps or deletes it",
        }
    }

    /// Returns what a repair does about it.
    pub const fn repair(self) -> &'static str {
        match self {
            Self::MissingFile => "takes the file out of the table, so that the rest can be read",
            Self::WrongSize | Self::DamagedFile => {
                "takes the file out of the table and keeps what is left of it under _store/lost"
            }
            Self::WrongRowCount | Self::LyingStatistics => {
                "writes the file again, with what is true of it"
            }
            Self::DuplicateRow => "merges files of one date and keeps the newest of each row",
            Self::DamagedOverrides | Self::DamagedLog => "nothing: restore a backup",
            Self::MissingFilter | Self::DamagedFilter => "makes the filter again",
            Self::UnreferencedFile => "nothing: a reader or a flush may still want it",
            Self::OrphanedSidecar => "deletes it",
            Self::ForeignFile => "nothing: whoever put it there knows",
        }
    }
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub damage: Damage,
    /// Its stable code.
    pub code: &'static str,
    /// The file.
    pub path: String,
    /// What was found.
    pub detail: String,
    /// Whether rows may be lost or wrong; otherwise maintenance takes care of it.
    pub is_damage: bool,
}

/// The outcome of a check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// `redacted` or `none`.
    pub redaction: &'static str,
    /// Data files looked at.
    pub files: usize,
    /// Rows that their footers state.
    pub rows: u64,
    /// What was found.
    pub findings: Vec<Finding>,
}

impl CheckReport {
    /// Whether nothing is damaged.
    pub fn is_sound(&self) -> bool {
        !self.findings.iter().any(|finding| finding.is_damage)
    }

    pub(super) fn find(&mut self, damage: Damage, path: impl Into<String>, detail: String) {
        let detail = if detail.is_empty() { damage.meaning().to_owned() } else { detail };
        self.findings.push(Finding {
            damage,
            code: damage.code(),
            path: path.into(),
            detail,
            is_damage: damage.is_serious(),
        });
    }
}
