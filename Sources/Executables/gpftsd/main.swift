import GPDemo
import ToolSupport

await ToolRunner.main(GPFtsd.self)
