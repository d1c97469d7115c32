//! Runs of bytes in which marks of one kind stand close together: each is read once, not again at
//! every mark in it.

use super::bytes::run;

/// The run around the last mark of one kind.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Run {
    start: usize,
    end: usize,
    /// How many more marks in it are judged.
    left: u8,
}

impl Run {
    /// A run in which so many marks begin nothing is none that people or programs write.
    const TRIES: u8 = 8;

    /// The end of the run of bytes that `keep` accepts around the mark that ends at `from`; `None`
    /// where nothing more is to be found in that run.
    pub(crate) fn end(
        &mut self,
        b: &[u8],
        from: usize,
        keep: impl Fn(u8) -> bool,
    ) -> Option<usize> {
        if !(self.start..self.end).contains(&from) {
            self.start = from;
            self.end = run(b, from, usize::MAX, keep);
            self.left = Self::TRIES;
        }
        self.left = self.left.checked_sub(1)?;
        Some(self.end)
    }

    /// Something was found that reaches to the end of the run.
    pub(crate) fn taken(&mut self) {
        self.left = 0;
    }
}

/// What was read of a text, by kind of mark.
#[derive(Debug, Default)]
pub(crate) struct Runs {
    pub(crate) jwt: Run,
    pub(crate) hash: Run,
    pub(crate) wrapped: Run,
    pub(crate) signature: Run,
    /// By the letter of a provider's set of characters.
    sets: Vec<(u8, Run)>,
    /// The end of the last private key.
    pub(crate) pem_end: usize,
    /// Up to here no last line of a private key was found.
    pub(crate) pem_clear: usize,
}

impl Runs {
    /// The run of a provider's set of characters.
    pub(crate) fn set(&mut self, set: u8) -> Option<&mut Run> {
        let known = self.sets.iter().position(|(of, _)| *of == set);
        let place = known.unwrap_or_else(|| {
            self.sets.push((set, Run::default()));
            self.sets.len() - 1
        });
        self.sets.get_mut(place).map(|(_, run)| run)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_read_once_and_judged_a_number_of_times() {
        let text = b"xxxxxxxxxx yyyy";
        let reads = std::cell::Cell::new(0);
        let keep = |c: u8| {
            reads.set(reads.get() + 1);
            c != b' '
        };
        let mut run = Run::default();
        assert_eq!([run.end(text, 2, keep), run.end(text, 7, keep)], [Some(10); 2]);
        assert_eq!(reads.get(), 9);
        run.taken();
        assert_eq!(run.end(text, 9, keep), None);
        assert_eq!(run.end(text, 11, keep), Some(15));
        let tries = (0..usize::from(u8::MAX)).filter(|_| run.end(text, 12, keep).is_some()).count();
        assert_eq!(tries, usize::from(Run::TRIES) - 1);
    }
}
