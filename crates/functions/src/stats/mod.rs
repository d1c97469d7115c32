//! Statistics without Arrow: plain numbers in, plain numbers out, `None` where undefined.

pub(crate) mod drift;
pub(crate) mod multiple;
pub(crate) mod normal;
pub(crate) mod proportion;
pub(crate) mod sequential;
