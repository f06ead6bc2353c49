import GPActivateStandby
import ToolSupport

await ToolRunner.main(GPActivateStandby.self)
