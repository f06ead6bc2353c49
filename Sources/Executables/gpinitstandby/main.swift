import GPInitStandby
import ToolSupport

await ToolRunner.main(GPInitStandby.self)
