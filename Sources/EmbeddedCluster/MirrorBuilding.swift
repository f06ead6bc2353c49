extension DemoCluster {
    /// Gives every primary its mirror as the specification says.
    func addMirrors(_ progress: @escaping DemoProgress) async throws {
        guard state.mirrors != .none else { return }
        throw DemoError("--mirrors is not there yet")
    }
}
