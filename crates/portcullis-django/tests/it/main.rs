//! The recorded answers of the real packages, both directions.
