/// Runs `body` for every item, at most `limit` at once, and returns the results in the order of the items.
///
/// One item's trouble is its own result: `body` does not throw.
public func fanOut<Item: Sendable, Result: Sendable>(
    _ items: [Item], limit: Int, _ body: @escaping @Sendable (Item) async -> Result
) async -> [Result] {
    await withTaskGroup(of: (Int, Result).self) { group in
        var results = [Result?](repeating: nil, count: items.count)
        var next = 0
        func startOne(_ group: inout TaskGroup<(Int, Result)>) {
            guard next < items.count else { return }
            let index = next
            let item = items[index]
            next += 1
            group.addTask { (index, await body(item)) }
        }
        for _ in 0..<max(1, limit) { startOne(&group) }
        for await (index, result) in group {
            results[index] = result
            startOne(&group)
        }
        return results.compactMap { $0 }
    }
}
