import GPAddMirrors
import ToolSupport

await ToolRunner.main(GPAddMirrors.self)
