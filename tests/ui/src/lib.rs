//! The fixtures stand in the folders beside; see the README.
