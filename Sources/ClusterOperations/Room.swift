// The room's first stone; replaced by its first file.
