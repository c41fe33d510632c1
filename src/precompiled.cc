// Nothing: CMake wants a source for the target that owns the precompiled header.
