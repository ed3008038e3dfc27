//! What is reported of a rule file: codes, findings, how they are printed, and a page of explanation for each code.

pub(super) mod code;
pub(super) mod excerpt;
pub(super) mod explain;
pub(super) mod finding;
pub(super) mod render;
