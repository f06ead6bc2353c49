import GPRecoverSeg
import ToolSupport

await ToolRunner.main(GPRecoverSeg.self)
