import GPState
import ToolSupport

await ToolRunner.main(GPState.self)
