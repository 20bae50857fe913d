//! Tails of real networks, and of one built like torchvision's.
