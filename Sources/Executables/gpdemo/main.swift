import GPDemo
import ToolSupport

await ToolRunner.main(GPDemo.self)
