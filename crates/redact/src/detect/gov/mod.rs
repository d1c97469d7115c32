//! Government identifiers: by the words before them (whatever their check digit says: a typo in
//! somebody's number is still theirs), or by shape and check digit.

mod labelled;
mod letters;
mod shaped;
mod words;

pub(crate) use labelled::labelled;
pub(crate) use letters::{after_letters, nino_spaced};
pub(crate) use shaped::shaped;
pub(crate) use words::{MORE_WORDS, WORDS};
